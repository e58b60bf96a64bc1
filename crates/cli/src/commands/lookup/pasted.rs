//! What stands around an address where it was copied from.

use ipcascade_input::Spelling;

/// Characters that show nothing.
const UNSEEN: [char; 5] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];

/// What may be around an address in prose, logs and code.
const AROUND: &[char] = &[
    ' ', '\t', '"', '\'', '`', '<', '>', '(', ')', '[', ']', '{', '}', '“', '”', '‘', '’', '«',
    '»', ',', ';', '.', ':', '!', '|', '*',
];

/// The text without what may be around an address: brackets, punctuation, a user, a path. `None` if that is all the same.
pub(super) fn without_surroundings(text: &str, spelling: Spelling) -> Option<String> {
    let seen: String = text
        .chars()
        .filter(|c| !UNSEEN.contains(c))
        .map(|c| if "–—‒".contains(c) { '-' } else { c })
        .collect();
    if let Some(network) = with_netmask(&seen, spelling) {
        return Some(network);
    }
    let mut bare = seen.trim_matches(AROUND);
    if let Some((_, host)) = bare.rsplit_once('@') {
        bare = host.trim_matches(AROUND);
    }
    // A path, a query, or the port as some tools write it.
    if let Some((host, _)) = bare.split_once(['/', '?', '#']) {
        let host = host.trim_matches(AROUND);
        let is_one = spelling
            .span(host)
            .is_ok_and(|span| span.count_less_one() == 0);
        if is_one {
            bare = host;
        }
    }
    (bare != text && !bare.is_empty()).then(|| bare.to_owned())
}

/// `8.8.8.0 255.255.255.0`, as routers write a network.
fn with_netmask(text: &str, spelling: Spelling) -> Option<String> {
    let mut parts = text.split_whitespace();
    let (address, mask, None) = (parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    let network = format!("{address}/{mask}");
    let is_network = mask.starts_with("255.") && spelling.span(&network).is_ok();
    is_network.then_some(network)
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
            ("“8.8.8.8”", "8.8.8.8"),
            ("8.8.8.8\u{200b}", "8.8.8.8"),
            ("8.8.8.8–10", "8.8.8.8-10"),
            ("8.8.8.0 255.255.255.0", "8.8.8.0/255.255.255.0"),
        ] {
            let bare = without_surroundings(text, Spelling::default());
            assert_eq!(bare.as_deref(), Some(expected), "{text}");
        }
        for text in ["8.8.8.8", "8.8.8.8 9.9.9.9", "example.com"] {
            assert_eq!(
                without_surroundings(text, Spelling::default()),
                None,
                "{text}"
            );
        }
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
