//! Spellings of addresses.

use crate::spelling::Spelling;

fn read(spelling: Spelling, text: &str) -> String {
    let mut found = Vec::new();
    let result = spelling.field(text, &mut found);
    let mut all: Vec<String> = found.iter().map(ToString::to_string).collect();
    if all.len() > 4 {
        all = vec![format!(
            "{}..{} ({})",
            all[0],
            all[all.len() - 1],
            all.len()
        )];
    }
    all.extend(result.err().map(|reason| format!("! {reason}")));
    all.join(" ")
}

#[test]
fn fields_hold_addresses_in_many_spellings() {
    for (text, expected) in [
        ("1.2.3.4", "1.2.3.4"),
        (" 1.2.3.4 ", "1.2.3.4"),
        ("1.2.3.4:22", "1.2.3.4"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1%eth0", "2001:db8::1"),
        ("2606:4700::1111%0", "2606:4700::1111"),
        ("::ffff:1.2.3.4%3", "1.2.3.4"),
        ("2606:4700::1111:58340", "2606:4700::1111"),
        ("2001:2030:21:0:0:0:0:27dc:22", "2001:2030:21::27dc"),
        ("2001:db8::1:22", "2001:db8::1:22"),
        ("1.2.3.4, 5.6.7.8", "1.2.3.4 5.6.7.8"),
        ("1.2.3.4,5.6.7.8:80 ::1", "1.2.3.4 5.6.7.8 ::1"),
        ("1.2.3.4, unknown", "1.2.3.4 ! `unknown` is not an address"),
        ("1.2.3.0-3", "1.2.3.0 1.2.3.1 1.2.3.2 1.2.3.3"),
        ("1.2.3.0 - 1.2.3.1", "1.2.3.0 1.2.3.1"),
        ("1.2.3.4/255.255.255.254", "1.2.3.4 1.2.3.5"),
        ("1.2.3.4/31", "1.2.3.4 1.2.3.5"),
        ("1.2.3.5/24", "1.2.3.5"),
        ("010.2.3.*", "! `010.2.3.*` is not an address"),
        ("1.2.3.4:+22", "! `1.2.3.4:+22` is not an address"),
        ("nginx 1.25.3.1", "! `nginx 1.25.3.1` is not an address"),
        ("http://1.2.3.4/x, http://5.6.7.8/", "1.2.3.4 5.6.7.8"),
        ("1.2.3.*", "1.2.3.0..1.2.3.255 (256)"),
        (
            "1.2.*.*",
            "! `1.2.*.*` stands for more than the 256 addresses that it may here; `enrich --format-in list` reads lists of networks",
        ),
        ("1.*.3.*", "! `1.*.3.*` is not an address"),
        ("1[.]2[.]3[.]4", "1.2.3.4"),
        ("hxxp://1[.]2[.]3[.]4/x", "1.2.3.4"),
        ("https://u:p@[2001:db8::1]:8443/x?y", "2001:db8::1"),
        ("\"1.2.3.4\",", "1.2.3.4"),
        ("<1.2.3.4>", "1.2.3.4"),
        (
            "fe80::1%eth0",
            "! `fe80::1%eth0` is not an address by itself: it is of an interface (link-local)",
        ),
        ("1.2.3.4:99999", "! `1.2.3.4:99999` is not an address"),
        (
            "010.1.2.3",
            "! `010.1.2.3` is not an address: `010` begins with a zero: octal, or padded? (--zero-padded)",
        ),
        (
            "3232235777",
            "! `3232235777` is not an address: it is a number (--integers)",
        ),
        ("", "! `` is not an address"),
    ] {
        assert_eq!(read(Spelling::default(), text), expected, "{text}");
    }
}

#[test]
fn what_could_mean_something_else_is_an_option() {
    let spelling = Spelling {
        zero_padded: true,
        integers: true,
    };
    for (text, expected) in [
        ("010.001.002.003", "10.1.2.3"),
        ("010.001.002.003:22", "10.1.2.3"),
        (
            "0010.1.2.3",
            "! `0010.1.2.3` is not an address: `0010` begins with a zero: octal, or padded? (--zero-padded)",
        ),
        ("3232235777", "192.168.1.1"),
        ("4294967296", "! `4294967296` is not an address"),
    ] {
        assert_eq!(read(spelling, text), expected, "{text}");
    }
}
