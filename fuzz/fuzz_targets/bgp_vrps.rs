//! Validated ROA payloads: any text is read or refused, and validation has one of three results.

#![no_main]

use std::sync::LazyLock;

use ipcascade_core::address::Address;
use ipcascade_core::lookup::Outcome;
use ipcascade_fuzz::{Built, InFile, look_up};
use ipcascade_provider_bgp::build;
use libfuzzer_sys::fuzz_target;

/// Announcements to validate.
const TABLE: &[u8] = b"192.0.2.0/24\t64500\n198.51.100.0/24\t64501\n2001:db8::/32\t64502\n";

static TABLE_FILE: LazyLock<InFile> = LazyLock::new(|| {
    let file = InFile::new("ipasn.dat");
    file.write(TABLE);
    file
});
static BGP: LazyLock<Built> = LazyLock::new(|| {
    let table = TABLE_FILE.path().display();
    Built::new(
        "rpki.json",
        &format!("files = [\"{table}\"]\nvrps = \"FILE\""),
        build,
    )
});

fuzz_target!(|file: &[u8]| {
    let Some(provider) = BGP.over(file) else {
        return;
    };
    provider.data_files(true);
    let asked = ["192.0.2.1", "198.51.100.7", "2001:db8::1"];
    let asked: Vec<Address> = asked.iter().map(|text| text.parse().unwrap()).collect();
    for outcome in look_up(&*provider, &asked) {
        let Outcome::Found(finding) = outcome else {
            panic!("the table has it")
        };
        let rpki = finding.fields.get("rpki").and_then(|it| it.as_str());
        assert!(
            matches!(rpki, Some("valid" | "invalid" | "not_found")),
            "{rpki:?}"
        );
    }
});
