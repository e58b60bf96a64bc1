//! Passwords in URLs: where they may stand, and how a URL is shown without them.

use crate::store::keywords::USUAL;

/// What is shown in the place of a secret.
const HIDDEN: &str = "***";

/// Characters that end the part of a URL in which user, password and host stand.
const ENDS_AUTHORITY: [char; 3] = ['/', '?', '#'];

/// Words in the name or the value of a parameter that is not shown.
const SECRET_WORDS: [&str; 6] = ["pass", "secret", "token", "key", "cred", "pwd"];

/// Parameters that have such a word in their name and hold the name of a file.
const FILES: [&str; 2] = ["sslkey", "ssl-key"];

/// Parameters whose values may hold an `@`.
const MAY_HOLD_AT: [&str; 3] = ["user", "password", "application_name"];

/// Whether the URL of a server, from its `//` on, holds a character that ends its credentials before they are over: what
/// follows that would be taken for the host, the path or the query, and shown.
pub(super) fn are_cut(rest: &str) -> bool {
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    if rest.contains('#') {
        return true;
    }
    let end = rest.find(ENDS_AUTHORITY).unwrap_or(rest.len());
    let (authority, after) = rest.split_at(end);
    let (path, query) = halves(after);
    // A colon before what is not a port begins a password.
    let is_begun = !authority.contains('@') && without_supposed_port(authority) != authority;
    path.contains('@')
        || (is_begun && after.contains('@'))
        || query.is_some_and(|query| query.split('&').any(is_cut_off))
}

/// Whether the URL of a file, from its `//` on, begins with user and password, as that of a server does.
pub(super) fn are_of_server(rest: &str) -> bool {
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let authority = rest.split(ENDS_AUTHORITY).next().unwrap_or_default();
    crate::settings::may_hold_password(authority)
}

/// Whether a part of the query is the end of a password instead of a parameter.
fn is_cut_off(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    name.contains('@') || (value.contains('@') && !MAY_HOLD_AT.contains(&name))
}

/// Whether text without a scheme is meant for a server: a file is hardly ever called that.
pub(super) fn are_in_name(text: &str) -> bool {
    let squeezed: String = text.split_whitespace().collect();
    let squeezed = squeezed.to_ascii_lowercase();
    crate::settings::may_hold_password(text)
        || ["password=", "passwd=", "pwd="]
            .iter()
            .any(|it| squeezed.contains(it))
}

/// What follows the scheme of a server's URL, without any password.
pub(super) fn hidden(rest: &str) -> String {
    hidden_but(rest, |place| match place.contains('@') {
        true => without_password(place),
        false => without_supposed_port(place),
    })
}

/// The same for the URL of a file, in whose name a colon may stand.
pub(super) fn hidden_in_file(rest: &str) -> String {
    hidden_but(rest, without_password)
}

fn hidden_but(rest: &str, shown_place: impl FnOnce(&str) -> String) -> String {
    let (place, query) = halves(rest);
    let mut shown = shown_place(place);
    if let Some(query) = query {
        let mut follows_secret = false;
        let pairs: Vec<String> = query
            .split('&')
            .map(|pair| {
                let text = match follows_secret && !is_usual(pair) {
                    // A `&` in a password would make a parameter of what follows it.
                    true => HIDDEN.to_owned(),
                    false => shown_pair(pair),
                };
                follows_secret |= text != pair;
                text
            })
            .collect();
        shown.push('?');
        shown.push_str(&pairs.join("&"));
    }
    shown
}

fn halves(text: &str) -> (&str, Option<&str>) {
    match text.split_once('?') {
        Some((before, query)) => (before, Some(query)),
        None => (text, None),
    }
}

/// Replaces what is between the first colon and the last `@`.
fn without_password(place: &str) -> String {
    let (slashes, rest) = match place.strip_prefix("//") {
        Some(rest) => ("//", rest),
        None => ("", place),
    };
    let parts = rest.rsplit_once('@').and_then(|(credentials, host)| {
        let (user, _) = credentials.split_once(':')?;
        Some((user, host))
    });
    match parts {
        Some((user, host)) => format!("{slashes}{user}:{HIDDEN}@{host}"),
        None => place.to_owned(),
    }
}

/// What follows a colon and is not a port may be the password in a URL whose host was forgotten.
fn without_supposed_port(place: &str) -> String {
    let rest = place.strip_prefix("//").unwrap_or(place);
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let is_ipv6 = authority.starts_with('[');
    match authority.split_once(':') {
        Some((host, port)) if !is_ipv6 && !port.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("//{host}:{HIDDEN}{path}")
        }
        _ => place.to_owned(),
    }
}

fn is_usual(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    USUAL.contains(&name) || name.starts_with("ssl") || name == "application_name"
}

/// Whether a parameter is known: a secret may stand in any other, under a mistyped name.
fn is_shown(name: &str) -> bool {
    const KNOWN: [&str; 12] = [
        "application_name",
        "connect_timeout",
        "channel_binding",
        "client_encoding",
        "statement-cache-capacity",
        "target_session_attrs",
        "mode",
        "cache",
        "immutable",
        "charset",
        "timeout",
        "vfs",
    ];
    USUAL.contains(&name) || name.starts_with("ssl") || KNOWN.contains(&name)
}

/// A parameter of the query as it may be shown.
fn shown_pair(pair: &str) -> String {
    let Some((name, _)) = pair.split_once('=') else {
        return match pair {
            "" => String::new(),
            _ => HIDDEN.to_owned(),
        };
    };
    let is_secret = |text: &str| {
        let text = text.to_ascii_lowercase();
        SECRET_WORDS.iter().any(|word| text.contains(word))
    };
    let read = form_urlencoded::parse(pair.as_bytes()).next();
    let (read_name, value) = read.unwrap_or_default();
    let is_file = FILES.contains(&&*read_name);
    // As in front of an `@`, a colon begins a password.
    let is_login = read_name == "user" && value.contains(':');
    match !is_file
        && (!is_shown(&read_name)
            || is_login
            || is_secret(&read_name)
            || is_secret(&value)
            || value.contains('@'))
    {
        true => format!("{name}={HIDDEN}"),
        false => pair.to_owned(),
    }
}
