//! The prefixes of ASes.

use crate::lookups::run;
#[cfg(feature = "provider-bgp")]
use crate::lookups::{check, filled};
use crate::place::Place;

#[test]
#[cfg(feature = "provider-bgp")]
fn prefixes_of_ases() {
    let place = filled();
    place.write(
        "table.dat",
        "8.8.8.0/24\t15169\n8.8.9.0/24\t15169\n2001:4860::/33\t15169\n",
    );
    let config = place.read("ipcascade.toml") + "\n[providers.bgp]\nfiles = [\"table.dat\"]\n";
    place.write("ipcascade.toml", config);
    check(
        "asn_prefixes",
        &place,
        &[
            &["asn", "prefixes", "AS15169", "as3333"],
            &["asn", "prefixes", "15169", "--format", "csv"],
            &[
                "asn", "prefixes", "15169", "--format", "json", "--from", "stored",
            ],
            &[
                "asn",
                "prefixes",
                "15169",
                "--format",
                "ndjson",
                "--from",
                "files",
                "--aggregate",
            ],
            &["asn", "prefixes", "15169", "--plain", "--aggregate"],
            &[
                "asn", "prefixes", "15169", "64500", "--plain", "--from", "stored",
            ],
            &["asn", "prefixes", "64500"],
            &["--db", "none.db", "asn", "prefixes", "3333"],
            &[
                "--db", "none.db", "asn", "prefixes", "3333", "--from", "stored",
            ],
            &["asn", "prefixes", "AS0"],
        ],
    );
}

#[test]
fn without_files_with_origins_that_is_said() {
    let place = Place::new();
    place.write(
        "ipcascade.toml",
        "[store]\nurl = \"sqlite://inventory.db\"\n",
    );
    let none = run(&place, &["asn", "prefixes", "15169"]).expect(1);
    let expected = "no prefix of AS15169 is known: searched no file, since none with the origins of prefixes is configured";
    assert!(none.stderr.contains(expected), "{none:?}");
}
