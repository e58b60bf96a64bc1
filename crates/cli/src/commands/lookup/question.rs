//! What is asked for: addresses, ASes, prefixes and ranges, however they are spelled.

use std::fmt;

use ipcascade_core::address::{Address, canonical_network};
use ipcascade_core::asn::Asn;
use ipcascade_input::{AddressSpan, MOST_IN_FIELD, Spelling};
use ipnet::IpNet;

use crate::commands::asked::Refused;
use crate::commands::lookup::pasted::{host_name, with_netmask, without_surroundings};
use crate::output::Output;

/// Something that is looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    Address(Address),
    Asn(Asn),
    /// A prefix, or a range of more addresses than are looked up one by one.
    Network(Network),
}

/// A prefix, or a range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Network {
    Prefix(IpNet),
    Range {
        first: Address,
        last: Address,
        /// The prefixes that it consists of.
        prefixes: Vec<IpNet>,
    },
}

impl Network {
    fn of(span: AddressSpan) -> Self {
        let prefixes = span.prefixes();
        match prefixes.as_slice() {
            [prefix] => Self::Prefix(*prefix),
            _ => {
                let (first, last) = span.first_and_last();
                Self::Range {
                    first,
                    last,
                    prefixes,
                }
            }
        }
    }

    /// The prefixes that it consists of.
    pub(super) fn prefixes(&self) -> &[IpNet] {
        match self {
            Self::Prefix(prefix) => std::slice::from_ref(prefix),
            Self::Range { prefixes, .. } => prefixes,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix(prefix) => prefix.fmt(f),
            Self::Range { first, last, .. } => write!(f, "{first}-{last}"),
        }
    }
}

/// Reports that a prefix with host bits is taken for an address: that is how the address of an interface is written.
pub(super) fn note_host_bits(text: &str, output: &Output) {
    let Ok(prefix) = text.trim().parse::<IpNet>() else {
        return;
    };
    if prefix.addr() != prefix.network() {
        let network = canonical_network(prefix.trunc());
        output.notice(&format!(
            "`{prefix}` has host bits: looking up the address {}; the prefix is {network}",
            prefix.addr()
        ));
    }
}

/// What `text` asks for, and why some of it is not understood.
pub(super) fn read(text: &str, spelling: Spelling) -> (Vec<Subject>, Result<(), Refused>) {
    let mut subjects = Vec::new();
    let read = append(text, spelling, &mut subjects);
    (subjects, read)
}

/// Appends what `text` stands for.
fn append(text: &str, spelling: Spelling, subjects: &mut Vec<Subject>) -> Result<(), Refused> {
    if let Some(asn) = asn(text)? {
        subjects.push(Subject::Asn(asn));
        return Ok(());
    }
    // Lists may have ASes among addresses; lists of addresses alone are for `spans`.
    for separators in [&[',', ';', '|'][..], &[' ', '\t']] {
        let parts = || {
            let parts = text.split(separators).map(str::trim);
            parts.filter(|part| !part.is_empty())
        };
        if parts().count() > 1 && parts().any(|part| matches!(asn(part), Ok(Some(_)))) {
            let mut refused = None;
            for part in parts() {
                if let Err(reason) = append(part, spelling, subjects) {
                    refused.get_or_insert(reason);
                }
            }
            return refused.map_or(Ok(()), Err);
        }
    }
    let mut spans = Vec::new();
    let masked = with_netmask(text, spelling);
    let is_masked = masked.is_some();
    let read = match masked {
        Some(network) => network.and_then(|network| spelling.spans(&network, &mut spans)),
        None => spelling.spans(text, &mut spans).or_else(|reason| {
            let bare = without_surroundings(text, spelling).filter(|_| spans.is_empty());
            // The reason is about what was typed.
            let read = bare.map(|bare| spelling.spans(&bare, &mut spans));
            read.and_then(Result::ok).ok_or(reason)
        }),
    };
    // A prefix is a question about all of it, addresses from one to another are questions about each.
    let is_prefix = text.contains('/') || is_masked;
    for span in spans {
        let count = span.count_less_one();
        if count == 0 || !is_prefix && count < MOST_IN_FIELD {
            subjects.extend(span.map(Subject::Address));
        } else {
            subjects.push(Subject::Network(Network::of(span)));
        }
    }
    read.map_err(|reason| match host_name(text) {
        Some(name) => Refused {
            reason: format!("`{name}` is a host name, not an address"),
            hint: Some(NOT_RESOLVED),
        },
        None => Refused {
            reason,
            hint: hint(text),
        },
    })
}

const NOT_RESOLVED: &str = "expected an address, a prefix, a range or an AS; host names are not resolved, as that would reveal \
                            to others what is looked up";

/// The AS that `text` is, if it looks like one: a number alone may be an address.
fn asn(text: &str) -> Result<Option<Asn>, Refused> {
    let is_around = |c: char| c.is_whitespace() || "\"'`<>()[]{},;.:".contains(c);
    let bare = text.trim_matches(is_around);
    let letters = bare.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, number) = bare.split_at(letters);
    let is_asn = letters.eq_ignore_ascii_case("as") || letters.eq_ignore_ascii_case("asn");
    let is_number = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    if !is_asn || !is_number(number.trim_start()) {
        return Ok(None);
    }
    let read = bare.parse().map(Some);
    read.map_err(|error: ipcascade_core::asn::ParseAsnError| error.to_string().into())
}

/// What to do about a text that is not understood.
fn hint(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if text.is_empty() || !text.bytes().all(is_word) {
        return None;
    }
    let is_like_asn = text
        .get(..2)
        .is_some_and(|it| it.eq_ignore_ascii_case("as"))
        && text.ends_with(|c: char| c.is_ascii_digit());
    (is_like_asn && !text.contains('.')).then_some("an AS is written `AS15169`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let (subjects, read) = read(text, Spelling::default());
        read.unwrap();
        let shown = subjects.iter().map(|subject| match subject {
            Subject::Address(address) => address.to_string(),
            Subject::Asn(asn) => asn.to_string(),
            Subject::Network(network) => format!("[{network}]"),
        });
        shown.collect()
    }

    fn refused(text: &str) -> Refused {
        read(text, Spelling::default()).1.unwrap_err()
    }

    #[test]
    fn ases_are_understood_however_they_are_pasted() {
        for text in [
            "AS15169",
            "as15169",
            "ASN15169",
            "AS 15169",
            "asn 15169",
            " \"AS15169\",",
            "[AS15169]",
            "AS15169.",
            "(AS15169):",
            "AS0.15169",
        ] {
            assert_eq!(shown(text), ["AS15169"], "{text}");
        }
        assert_eq!(shown("AS15169, AS 4134"), ["AS15169", "AS4134"]);
        assert_eq!(shown("8.8.8.8 AS15169"), ["8.8.8.8", "AS15169"]);
        assert_eq!(shown("AS15169;8.0.0.0/8"), ["AS15169", "[8.0.0.0/8]"]);
    }

    #[test]
    fn what_has_many_addresses_is_one_subject() {
        assert_eq!(shown("45.0.0.0/8"), ["[45.0.0.0/8]"]);
        assert_eq!(shown("45[.]0[.]0[.]0/8"), ["[45.0.0.0/8]"]);
        assert_eq!(shown("2001:db8::/32"), ["[2001:db8::/32]"]);
        assert_eq!(shown("1.2.3.255-1.2.5.0"), ["[1.2.3.255-1.2.5.0]"]);
        assert_eq!(shown("1.2.3.0 255.255.255.0"), ["[1.2.3.0/24]"]);
        assert_eq!(shown("(1.2.3.4)"), ["1.2.3.4"]);
        assert_eq!(shown("1.2.3.4/index"), ["1.2.3.4"]);
        assert_eq!(shown("1.2.3.0/30"), ["[1.2.3.0/30]"]);
        assert_eq!(shown("1.2.3.4/32"), ["1.2.3.4"]);
        assert_eq!(shown("1.2.3.*").len(), 256);
        assert_eq!(shown("1.2.3.4-6").len(), 3);
        assert_eq!(shown("1.2.3.0/24, 1.2.0.0/16").len(), 2);
        assert_eq!(shown("45.1.2.3/8"), ["45.1.2.3"]);
    }

    #[test]
    fn what_is_not_understood_has_a_reason_and_perhaps_a_hint() {
        for (text, reason, hint) in [
            (
                "AS4294967296",
                "is not an AS number: expected 1 to 4294967295",
                "",
            ),
            ("AS0", "is not an AS number", ""),
            (
                "ASX15169",
                "`ASX15169` is not an address",
                "an AS is written `AS15169`",
            ),
            ("15169", "it is a number (--integers)", ""),
            (
                "example.com",
                "`example.com` is a host name",
                "host names are not resolved",
            ),
            (
                "example.com.",
                "is a host name",
                "host names are not resolved",
            ),
            ("1.2.3.4.5", "it has 5 numbers, not 4", ""),
            ("8.8.8.8 AS0x", "is not an address", ""),
        ] {
            let refused = refused(text);
            assert!(refused.reason.contains(reason), "{text}: {refused:?}");
            let said = refused.hint.unwrap_or_default();
            assert!(
                said.contains(hint) && said.is_empty() == hint.is_empty(),
                "{text}: {refused:?}"
            );
        }
    }
}
