//! `host=… dbname=…`: connection parameters as libpq, and so psql and psycopg, takes them.
//!
//! <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE>

use std::iter::Peekable;
use std::str::Chars;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Parameters of which a connection string has one at least.
pub(super) const USUAL: [&str; 7] = [
    "host", "hostaddr", "port", "dbname", "user", "password", "service",
];

const QUOTE: &str = "a quote in a quoted value of a parameter of PostgreSQL is written \\'";

/// Whether `text` begins with a keyword and `=`: a scheme never does, and a file hardly ever.
pub(super) fn are_in(text: &str) -> bool {
    let Some((keyword, _)) = text.split_once('=') else {
        return false;
    };
    is_keyword(keyword.trim())
}

fn is_keyword(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    !text.is_empty() && text.bytes().all(is_letter)
}

/// What follows `postgresql:` in the URL of the same connection, or what is wrong.
pub(super) fn to_url(text: &str) -> Result<String, &'static str> {
    let mut pairs = parse(text)?;
    if !pairs.iter().any(|(keyword, _)| USUAL.contains(&&**keyword)) {
        return Err(
            "it looks like parameters of PostgreSQL, but names neither host nor dbname (a file with such a name is \
             sqlite://NAME)",
        );
    }
    // As other programs write them: `host=h;password=…` would be the name of a host.
    let is_list = |value: &str| value.contains([',', ';']) && value.contains('=');
    let is_place = |keyword: &str| keyword != "password" && USUAL.contains(&keyword);
    if pairs
        .iter()
        .any(|(keyword, value)| is_place(keyword) && is_list(value))
    {
        return Err("parameters of PostgreSQL are separated by blanks, not by `;` or `,`");
    }
    let mut take = |keyword: &str| {
        let place = pairs.iter().rposition(|(known, _)| known == keyword)?;
        let (_, value) = pairs.remove(place);
        pairs.retain(|(known, _)| known != keyword);
        Some(value)
    };
    let mut url = String::from("//");
    // Host names go where URLs have them; socket folders and IPv6 addresses stay parameters.
    let host = take("host");
    let is_name = |host: &String| {
        let mut bytes = host.bytes();
        !host.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
    };
    match host {
        Some(host) if is_name(&host) => {
            let credentials = (take("user"), take("password"));
            if let (Some(user), password) = &credentials {
                url.push_str(&encoded(user));
                if let Some(password) = password {
                    url.push(':');
                    url.push_str(&encoded(password));
                }
                url.push('@');
            } else if let (None, Some(password)) = credentials {
                pairs.push(("password".to_owned(), password));
            }
            url.push_str(&host);
        }
        Some(host) => pairs.insert(0, ("host".to_owned(), host)),
        None => {}
    }
    url.push('/');
    let mut query = form_urlencoded::Serializer::new(String::new());
    // libpq treats an empty value as absent.
    let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
    query.extend_pairs(pairs);
    let query = query.finish();
    if !query.is_empty() {
        url.push('?');
        url.push_str(&query);
    }
    Ok(url)
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The keywords and their values, in order.
fn parse(text: &str) -> Result<Vec<(String, String)>, &'static str> {
    let mut rest = text.chars().peekable();
    let mut pairs = Vec::new();
    let mut follows_quotes = false;
    loop {
        skip_blanks(&mut rest);
        if rest.peek().is_none() {
            return Ok(pairs);
        }
        let mut keyword = String::new();
        while let Some(letter) = rest.next_if(|c| *c != '=' && !c.is_whitespace()) {
            keyword.push(letter);
        }
        skip_blanks(&mut rest);
        if !is_keyword(&keyword) || rest.next() != Some('=') {
            return Err(
                "`=` is missing after one of the parameters of PostgreSQL (quote values with blanks in them: \
                        password='a b')",
            );
        }
        skip_blanks(&mut rest);
        let is_quoted = rest.peek() == Some(&'\'');
        pairs.push((keyword, value(&mut rest, follows_quotes)?));
        follows_quotes |= is_quoted;
    }
}

fn skip_blanks(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|c| c.is_whitespace()).is_some() {}
}

/// A value: up to the next blank, or in single quotes; a backslash escapes the next character. A quote elsewhere is the end
/// of a value that is not escaped, most likely of a password, and what follows it would be shown.
fn value(rest: &mut Peekable<Chars<'_>>, follows_quotes: bool) -> Result<String, &'static str> {
    let is_quoted = rest.next_if_eq(&'\'').is_some();
    let mut value = String::new();
    loop {
        match rest.next_if(|c| is_quoted || !c.is_whitespace()) {
            Some('\'') if is_quoted => {
                let is_end = rest.peek().is_none_or(|c| c.is_whitespace());
                return if is_end { Ok(value) } else { Err(QUOTE) };
            }
            Some('\'') if follows_quotes => return Err(QUOTE),
            Some('\\') => value.extend(rest.next()),
            Some(other) => value.push(other),
            None if is_quoted => {
                return Err("a quote is not closed in the parameters of PostgreSQL");
            }
            None => return Ok(value),
        }
    }
}
