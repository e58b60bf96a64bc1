//! What stands around an address where it was copied from.

use ipcascade_input::Spelling;

/// Characters that show nothing.
const UNSEEN: [char; 5] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];

/// What may be around an address in prose, logs and code. A colon is not among these: IPv6 addresses end and begin with them.
const AROUND: &[char] = &[
    ' ', '\t', '"', '\'', '`', '<', '>', '(', ')', '[', ']', '{', '}', '“', '”', '‘', '’', '«',
    '»', ',', ';', '.', '!', '|',
];

/// One address without what may be around it: brackets, punctuation, a user, a path. `None` if there is nothing around it,
/// or if what is there may mean something: a prefix length, another address.
pub(super) fn without_surroundings(text: &str, spelling: Spelling) -> Option<String> {
    let seen: String = text
        .chars()
        .filter(|c| !UNSEEN.contains(c))
        .map(|c| if "–—‒".contains(c) { '-' } else { c })
        .collect();
    let mut bare = seen.trim_matches(AROUND);
    if bare.contains(char::is_whitespace) {
        return None;
    }
    if let Some((host, rest)) = bare.split_once(['/', '?', '#']) {
        let is_path = rest.is_empty()
            || !bare[host.len()..].starts_with('/')
            || rest.starts_with(|c: char| c.is_alphabetic() && c != 'x' || c == '_');
        if !is_path {
            return None;
        }
        bare = host.trim_matches(AROUND);
    }
    if let Some((user, host)) = bare.split_once('@') {
        let is_user = !user.is_empty() && spelling.span(user).is_err() && !host.contains('@');
        bare = is_user.then(|| host.trim_matches(AROUND))?;
    }
    // One colon behind an address ends a sentence.
    if let Some(before) = bare
        .strip_suffix(':')
        .filter(|before| !before.ends_with(':'))
    {
        bare = before.trim_matches(AROUND);
    }
    (bare != text && !bare.is_empty()).then(|| bare.to_owned())
}

/// `8.8.8.0 255.255.255.0`, as routers write a network.
///
/// # Errors
///
/// Why it is not one, if it is written so.
pub(super) fn with_netmask(text: &str, spelling: Spelling) -> Option<Result<String, String>> {
    let mut parts = text.split_whitespace();
    let (address, mask, None) = (parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    if !mask.starts_with("255.") || spelling.span(address).is_err() {
        return None;
    }
    let network = format!("{address}/{mask}");
    Some(match spelling.span(&network) {
        Ok(_) => Ok(network),
        Err(error) => Err(error.to_string()),
    })
}

/// The host name in a text that may be a URL, if it has one.
pub(super) fn host_name(text: &str) -> Option<&str> {
    let text = text.trim().trim_matches(AROUND);
    let after_scheme = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = after_scheme.split(['/', '?', '#', ':']).next()?;
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let is_label = |label: &str| {
        let is_of_label = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        !label.is_empty() && label.bytes().all(is_of_label)
    };
    let last = host.trim_end_matches('.').rsplit('.').next()?;
    let is_name = host.contains('.')
        && host.trim_end_matches('.').split('.').all(is_label)
        && last.len() > 1
        && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_name.then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around_an_address_is_left_out() {
        for (text, expected) in [
            ("(8.8.8.8)", "8.8.8.8"),
            ("8.8.8.8.", "8.8.8.8"),
            ("8.8.8.8:", "8.8.8.8"),
            ("8.8.8.8/", "8.8.8.8"),
            ("8.8.8.8/path/x", "8.8.8.8"),
            ("8.8.8.8?x=1", "8.8.8.8"),
            ("8.8.8.8#53", "8.8.8.8"),
            ("root@8.8.8.8:22", "8.8.8.8:22"),
            ("1.2.3.4/user@9.9.9.9/x", "1.2.3.4"),
            ("“8.8.8.8”", "8.8.8.8"),
            ("8.8.8.8\u{200b}", "8.8.8.8"),
            ("8.8.8.8–10", "8.8.8.8-10"),
            ("(2001:db8::)", "2001:db8::"),
            ("2001:db8::.", "2001:db8::"),
            ("(::8.8.8.8):", "::8.8.8.8"),
        ] {
            let bare = without_surroundings(text, Spelling::default());
            // What is left has brackets of its own in `(::8.8.8.8):`.
            let bare = bare.map(|bare| bare.trim_matches(AROUND).to_owned());
            assert_eq!(bare.as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_may_mean_something_is_not_left_out() {
        for text in [
            "8.8.8.8",
            "8.8.8.8 9.9.9.9",
            "8.8.8.8/33",
            "8.8.8.8/-1",
            "8.8.8.8/24/x",
            "8.8.8.8/0x18",
            "8.8.8.8/x",
            "8.8.8.8/8.8.4.4",
            "1.2.3.4/path 5.6.7.8",
            "root@1.2.3.4 admin@5.6.7.8",
            "9.9.9.9@8.8.8.8",
            "a@b@8.8.8.8",
            "::1::",
        ] {
            assert_eq!(
                without_surroundings(text, Spelling::default()),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn a_netmask_is_one_or_is_refused() {
        let read = |text| with_netmask(text, Spelling::default());
        assert_eq!(
            read("8.8.8.0 255.255.255.0"),
            Some(Ok("8.8.8.0/255.255.255.0".to_owned()))
        );
        assert!(matches!(read("8.8.8.0 255.0.255.0"), Some(Err(_))));
        assert_eq!(read("8.8.8.0 9.9.9.9"), None);
        assert_eq!(read("mask 255.255.255.0"), None);
    }

    #[test]
    fn host_names_are_found_in_urls() {
        for (text, expected) in [
            ("my-host.example.com", Some("my-host.example.com")),
            ("evil-site.com/path", Some("evil-site.com")),
            ("https://u:p@example.com:443/8.8.8.8", None),
            ("https://example.com/8.8.8.8", Some("example.com")),
            ("8.8.8.8.in-addr.arpa", Some("8.8.8.8.in-addr.arpa")),
            ("1.2.3.4.5", None),
            ("foo", None),
            ("foo bar.com", None),
        ] {
            assert_eq!(host_name(text), expected, "{text}");
        }
    }
}
