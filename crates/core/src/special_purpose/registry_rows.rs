//! The rows of the IANA registries, and addresses next to them.

use crate::special_purpose::special_purpose;

fn reason(text: &str) -> Option<&'static str> {
    special_purpose(text.parse().unwrap()).map(|purpose| purpose.reason)
}

/// First and last address of each row, and its purpose ("" if it is globally reachable).
const ROWS: &[(&str, &str, &str)] = &[
    // iana-ipv4-special-registry
    ("0.0.0.0", "0.255.255.255", "this-network"),
    ("10.0.0.0", "10.255.255.255", "private-use"),
    (
        "100.64.0.0",
        "100.127.255.255",
        "shared-address-space (CGNAT)",
    ),
    ("127.0.0.0", "127.255.255.255", "loopback"),
    ("169.254.0.0", "169.254.255.255", "link-local"),
    ("172.16.0.0", "172.31.255.255", "private-use"),
    ("192.0.0.0", "192.0.0.7", "ipv4 service continuity"),
    ("192.0.0.8", "192.0.0.8", "ipv4 dummy address"),
    ("192.0.0.9", "192.0.0.10", ""),
    ("192.0.0.11", "192.0.0.169", "ietf-protocol-assignments"),
    ("192.0.0.170", "192.0.0.171", "nat64/dns64 discovery"),
    ("192.0.0.172", "192.0.0.255", "ietf-protocol-assignments"),
    ("192.0.2.0", "192.0.2.255", "documentation"),
    ("192.31.196.0", "192.31.196.255", ""),
    ("192.52.193.0", "192.52.193.255", ""),
    (
        "192.88.99.0",
        "192.88.99.255",
        "deprecated 6to4 relay anycast",
    ),
    ("192.168.0.0", "192.168.255.255", "private-use"),
    ("192.175.48.0", "192.175.48.255", ""),
    ("198.18.0.0", "198.19.255.255", "benchmarking"),
    ("198.51.100.0", "198.51.100.255", "documentation"),
    ("203.0.113.0", "203.0.113.255", "documentation"),
    ("224.0.0.0", "239.255.255.255", "multicast"),
    ("240.0.0.0", "255.255.255.254", "reserved"),
    ("255.255.255.255", "255.255.255.255", "limited-broadcast"),
    // iana-ipv6-special-registry
    ("::", "::", "unspecified"),
    ("::1", "::1", "loopback"),
    ("::2", "::ffff:ffff", "deprecated ipv4-compatible"),
    ("::ffff:10.0.0.0", "::ffff:10.255.255.255", "private-use"),
    ("::ffff:8.8.8.8", "::ffff:8.8.8.8", ""),
    ("64:ff9b::808:808", "64:ff9b::dfff:ffff", ""),
    (
        "64:ff9b:1::",
        "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
        "local-use ipv4/ipv6 translation",
    ),
    ("100::", "100::ffff:ffff:ffff:ffff", "discard-only"),
    ("100:0:0:1::", "100::1:ffff:ffff:ffff:ffff", "dummy prefix"),
    ("2001:1::", "2001:1::", "ietf-protocol-assignments"),
    ("2001:1::1", "2001:1::3", ""),
    (
        "2001:1::4",
        "2001:1:ffff:ffff:ffff:ffff:ffff:ffff",
        "ietf-protocol-assignments",
    ),
    (
        "2001:2::",
        "2001:2:0:ffff:ffff:ffff:ffff:ffff",
        "benchmarking",
    ),
    ("2001:2:1::", "2001:2:1::", "ietf-protocol-assignments"),
    ("2001:3::", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff", ""),
    ("2001:4::", "2001:4:111:ffff::", "ietf-protocol-assignments"),
    ("2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff", ""),
    ("2001:4:113::", "2001:f:ffff::", "ietf-protocol-assignments"),
    ("2001:10::", "2001:1f:ffff::ffff", "deprecated orchid"),
    ("2001:20::", "2001:2f:ffff::ffff", ""),
    ("2001:30::", "2001:3f:ffff::ffff", ""),
    (
        "2001:40::",
        "2001:1ff:ffff::ffff",
        "ietf-protocol-assignments",
    ),
    ("2001:200::", "2001:db7:ffff::", ""),
    (
        "2001:db8::",
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        "documentation",
    ),
    ("2001:db9::", "2001:ffff::", ""),
    (
        "2620:4f:8000::",
        "2620:4f:8000:ffff:ffff:ffff:ffff:ffff",
        "",
    ),
    ("3fff::", "3fff:fff:ffff:ffff::", "documentation"),
    ("5f00::", "5f00:ffff:ffff::", "segment-routing sids"),
    ("fc00::", "fdff:ffff::", "unique-local"),
    ("fe80::", "febf:ffff::", "link-local"),
    // ipv6-address-space
    ("::1:0:0:0", "64:ff9a:ffff::", "reserved"),
    ("64:ff9b:0:0:0:1::", "64:ff9b:0:ffff::", "reserved"),
    ("64:ff9b:2::", "ff:ffff::", "reserved"),
    ("100:0:0:2::", "1fff:ffff::", "reserved"),
    ("2003::", "3ffe:ffff::", ""),
    ("4000::", "5eff:ffff::", "reserved"),
    ("5f01::", "fbff:ffff::", "reserved"),
    ("fe00::", "fe7f:ffff::", "reserved"),
    ("fec0::", "feff:ffff::", "deprecated site-local"),
    // ipv6-multicast-addresses, of every scope
    ("ff00::", "ff01::1", "multicast"),
    ("ff02::1", "ff05::2", "multicast"),
    (
        "ff0e::1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "multicast",
    ),
];

#[test]
fn each_row_begins_and_ends_where_the_registry_says() {
    for &(first, last, expected) in ROWS {
        let expected = Some(expected).filter(|reason| !reason.is_empty());
        assert_eq!(reason(first), expected, "{first}");
        assert_eq!(reason(last), expected, "{last}");
    }
}

#[test]
fn what_lies_between_the_rows_of_ipv4_is_global() {
    for (before, after) in [
        ("1.0.0.0", "9.255.255.255"),
        ("11.0.0.0", "100.63.255.255"),
        ("100.128.0.0", "126.255.255.255"),
        ("128.0.0.0", "169.253.255.255"),
        ("169.255.0.0", "172.15.255.255"),
        ("172.32.0.0", "191.255.255.255"),
        ("192.0.1.0", "192.0.1.255"),
        ("192.0.3.0", "192.88.98.255"),
        ("192.88.100.0", "192.167.255.255"),
        ("192.169.0.0", "198.17.255.255"),
        ("198.20.0.0", "198.51.99.255"),
        ("198.51.101.0", "203.0.112.255"),
        ("203.0.114.0", "223.255.255.255"),
    ] {
        assert_eq!((reason(before), reason(after)), (None, None), "{before}");
    }
}

#[test]
fn an_embedded_ipv4_address_decides() {
    for (address, expected) in [
        // 6to4: the 32 bits after 2002.
        ("2002:808:808::1", ""),
        ("2002:c000:9::", ""),
        ("2002:c000:204::1", "documentation in 6to4"),
        ("2002:a00:1::1", "private-use in 6to4"),
        ("2002:7f00:1::", "loopback in 6to4"),
        ("2002:e000:1::", "multicast in 6to4"),
        ("2002:ffff:ffff:ffff::", "limited-broadcast in 6to4"),
        // NAT64: the last 32 bits.
        ("64:ff9b::8.8.8.8", ""),
        ("64:ff9b::192.168.1.1", "private-use in NAT64"),
        (
            "64:ff9b::100.64.0.1",
            "shared-address-space (CGNAT) in NAT64",
        ),
        ("64:ff9b::", "this-network in NAT64"),
        // Teredo: the server after 2001:0, the client inverted at the end.
        (
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "documentation in Teredo",
        ),
        ("2001:0:4136:e378:8000:63bf:f7f7:f7f7", ""),
        ("2001:0:a00:1:8000:63bf:f7f7:f7f7", "private-use in Teredo"),
        (
            "2001:0:4136:e378:8000:63bf:f5ff:fffe",
            "private-use in Teredo",
        ),
        ("2001::", "limited-broadcast in Teredo"),
    ] {
        let expected = Some(expected).filter(|reason| !reason.is_empty());
        assert_eq!(reason(address), expected, "{address}");
    }
}

#[test]
fn both_documents_are_named_for_an_embedded_address() {
    for (address, source) in [
        ("2002:a00:1::1", "RFC 3056, RFC 1918"),
        ("64:ff9b::10.0.0.1", "RFC 6052, RFC 1918"),
        ("2001:0:a00:1::f7f7:f7f7", "RFC 4380, RFC 1918"),
    ] {
        let purpose = special_purpose(address.parse().unwrap()).unwrap();
        assert_eq!(purpose.source, source, "{address}");
    }
}
