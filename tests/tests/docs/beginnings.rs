//! What is there before the first command of a page.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use xtask::deployed::fill_sqlite;

use crate::ROOT;
use crate::folder::{Folder, INVENTORY, copy};
use crate::sql;

/// Folders of a machine that pages write to.
const FOLDERS: [&str; 6] = [
    "/etc/ipcascade",
    "/etc/nftables.d",
    "/srv/feeds",
    "/var/lib/ipcascade",
    "/var/www/feeds",
    "/var/www/html",
];
/// Addresses that pages look up in inputs of their own.
const ADDRESSES: [&str; 3] = ["9.9.9.9", "8.8.8.8", "1.1.1.1"];
const FILES: &str = "--mmdb GeoLite2-ASN.mmdb --mmdb GeoLite2-City.mmdb";
const LOGS: &str = "/var/log/cowrie/cowrie.json*";
/// The database of the pages that is copied to.
const COPY: &str = "postgresql://me@db.example/inventory";
const CONFIG: &str = "[store]\nurl = \"sqlite://inventory.db\"\n\n[providers.maxmind]\nfiles = [\"GeoLite2-ASN.mmdb\", \"GeoLite2-City.mmdb\"]\n";

/// What older programs have left in the deployed database.
const FAULTS: &str = "
INSERT INTO ip_inventory (ip_address, first_seen, last_seen, session_count) VALUES
    ('11.0.0.42', '2026-01-01 00:00:00', '2026-01-01 00:00:00', 0),
    ('2001:4860:4860:0:0:0:0:8888', '2026-01-01 00:00:00', '2026-01-01 00:00:00', 1),
    ('unknown', '2026-01-01 00:00:00', '2026-01-01 00:00:00', 1);
INSERT INTO session_summaries (session_id, source_ip, protocol, command_count, login_attempts, vt_flagged)
    VALUES ('a', '11.0.0.42', 'ssh', 0, 0, 0);
INSERT INTO ip_inventory (ip_address, first_seen, last_seen, enrichment) VALUES
    ('1.2.3.4', '2026-01-01 00:00:00', '2026-01-01 00:00:00',
    '{\"cymru\":{\"asn\":64500,\"prefix\":\"4.3.2.0/24\",\"cached_at\":\"2026-01-01T00:00:00Z\"}}');
";

/// What a page begins with, beside files to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// No inventory and no configuration.
    Nothing,
    /// The sample's inventory in `inventory.db`, and a configuration that names it and the sample's MMDB files.
    Inventory,
    /// The sample's inventory in the default place, and no configuration.
    Unconfigured,
    /// As with `Inventory`, and a copy of it in PostgreSQL.
    Copied,
    /// A database of cowrieprocessor.
    Deployed,
}

impl Beginning {
    /// That of the page `name`.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "README.md" | "docs/tutorial.md" => Self::Nothing,
            "docs/own-files.md" => Self::Unconfigured,
            "docs/operations.md" => Self::Copied,
            "docs/adopting.md" => Self::Deployed,
            _ => Self::Inventory,
        }
    }

    /// Makes it so.
    pub(crate) fn prepare(self, folder: &Folder) {
        match self {
            Self::Nothing => {}
            Self::Unconfigured => run(folder, &format!("ipcascade {FILES} -q enrich {LOGS}")),
            Self::Inventory => {
                fs::write(folder.home("ipcascade.toml"), CONFIG).unwrap();
                run(folder, &format!("ipcascade -q enrich {LOGS}"));
            }
            Self::Copied => {
                Self::Inventory.prepare(folder);
                let copy = format!("ipcascade -q copy --from {INVENTORY} --to {COPY}");
                if folder.has_databases_of(&copy) {
                    run(folder, &copy);
                }
            }
            Self::Deployed => {
                let file = folder.home("cowrieprocessor.db");
                fill_sqlite(&file, 20_000, 1).unwrap();
                sql::plant(&file, FAULTS).unwrap();
            }
        }
    }
}

fn run(folder: &Folder, command: &str) {
    let ran = folder.run(command);
    assert_eq!(ran.code, 0, "{command}: {ran:?}");
}

/// Writes the files that pages read.
pub(crate) fn inputs(folder: &Folder) {
    let sample = Path::new(ROOT).join("examples/quickstart");
    for entry in fs::read_dir(&sample).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let from = sample.join(&name);
        copy(&from, &folder.home(&format!("examples/quickstart/{name}")));
        if name.starts_with("cowrie.json") {
            copy(&from, &folder.rooted(&format!("/var/log/cowrie/{name}")));
        }
    }
    copy(&sample.join("cowrie.json"), &folder.home("cowrie.json"));
    copy(
        &sample.join("sample-asn.mmdb"),
        &folder.home("GeoLite2-ASN.mmdb"),
    );
    copy(
        &sample.join("sample-city.mmdb"),
        &folder.home("GeoLite2-City.mmdb"),
    );
    for name in FOLDERS {
        fs::create_dir_all(folder.rooted(name)).unwrap();
    }
    let lines = |line: fn(&str) -> String| ADDRESSES.map(line).concat();
    let flows = format!("src,bytes\n{}", lines(|it| format!("{it},120\n")));
    gzip(&folder.home("flows.csv.gz"), &flows);
    fs::write(folder.home("flows.csv"), flows.replace("src,", "src_ip,")).unwrap();
    let access =
        lines(|it| format!("{it} - - [21/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5\n"));
    gzip(&folder.home("access.log.gz"), &access);
    fs::write(folder.home("pasted.txt"), ADDRESSES.join(" ")).unwrap();
    let allowed = "# our own\n192.0.2.0/24\n9.9.9.9\n";
    fs::write(folder.home("allowed.txt"), allowed).unwrap();
    fs::write(folder.rooted("/etc/ipcascade/allowed.txt"), allowed).unwrap();
}

fn gzip(path: &Path, text: &str) {
    let mut file = GzEncoder::new(fs::File::create(path).unwrap(), Compression::fast());
    file.write_all(text.as_bytes()).unwrap();
    file.finish().unwrap();
}
