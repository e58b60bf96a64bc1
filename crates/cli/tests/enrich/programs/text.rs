//! Text: its addresses and its time.

use crate::programs::stored::check;

#[test]
fn text_of_programs_has_its_addresses_and_its_time() {
    for (line, arguments, expected) in [
        (
            "2025-03-01 10:00:00.1 IP6 2001:500:2::c.51234 > 2001:503:ba3e::2:30.domain: Flags [S]",
            &[][..],
            "2001:500:2::c 2025-03-01T10:00:00.100Z, 2001:503:ba3e::2:30 2025-03-01T10:00:00.100Z",
        ),
        (
            "time=\"2025-03-01T10:00:00Z\" level=info msg=x remote=1.128.0.1:5",
            &[],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            "date=2025-03-01 time=10:00:00 devname=\"f\" srcip=1.128.0.1",
            &[],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            "2025-03-01T10:00:00Z h from 001.128.000.001 port 22",
            &["--zero-padded"],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            "add blocked 1.128.0.0/31 from 1.128.0.9",
            &[],
            "1.128.0.9 -",
        ),
        (
            "permit ip 1.128.0.0 255.255.255.254 host 1.128.0.9",
            &[],
            "1.128.0.9 -",
        ),
        ("CEF:0|V|P|9.9.9.9|1|n|5|src=1.128.0.1", &[], "1.128.0.1 -"),
    ] {
        check(format!("{line}\n"), arguments, expected);
    }
}
