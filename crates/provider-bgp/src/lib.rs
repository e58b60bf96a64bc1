//! BGP routing tables as a provider of ipcascade: which AS announces an address, in which prefix, and whether the RPKI
//! agrees.
//!
//! It works from files on the disk and sends nothing. Any number of them can be named and are united; what kind a file is
//! of, and how it is compressed (gzip, bzip2), is found out from its content:
//!
//! - MRT RIB dumps (`TABLE_DUMP_V2` and `TABLE_DUMP`, RFC 6396) of a route collector, such as
//!   `https://data.ris.ripe.net/rrc00/latest-bview.gz` or those of `https://archive.routeviews.org`
//! - text files of [pyasn](https://github.com/hadiasghari/pyasn): a prefix and an AS number a line
//! - validated ROA payloads in JSON, as rpki-client and Routinator write them and `https://rpki.cloudflare.com/rpki.json`
//!   has them
//!
//! The longest announced prefix counts. If several AS announce it, all are kept, and the one that most peers of the
//! collectors see is `asn`.
//!
//! ```
//! use ipcascade_core::registry::ProviderSetup;
//! use ipcascade_core::settings::Settings;
//!
//! let settings = Settings::from_toml("providers.bgp", "files = []");
//! let built = ipcascade_provider_bgp::build(&settings).unwrap();
//! assert!(matches!(built, ProviderSetup::Unconfigured(_)), "there is no default file");
//! ```
//!
//! | File | What it does |
//! |---|---|
//! | `open` | opens a file, unpacks it, and finds out of what kind it is |
//! | `records` | passes on the records of an MRT dump that hold unicast routes |
//! | `mrt` | reads an MRT dump |
//! | `pyasn` | reads a pyasn file |
//! | `passed_over` | which routes do not count, and how many there were |
//! | `file` | reads a file of either kind, and says what is wrong with it |
//! | `prefix_origins` | the origins of each prefix, united over all files |
//! | `vrps` | reads validated ROA payloads |
//! | `rov` | route origin validation (RFC 6811) |
//! | `table` | the table to search |
//! | `record` | what is known of a prefix, as the fields of a section |
//! | `provider` | the settings and the provider |

mod declaration;
mod file;
mod mrt;
mod open;
mod passed_over;
mod prefix_origins;
mod provider;
mod pyasn;
mod record;
mod records;
mod rov;
mod table;
mod vrps;

pub use declaration::{FIELDS, NAME};
pub use provider::build;

use crate::declaration::EXAMPLE;
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "BGP routing tables: origin AS, prefix, RPKI validity (local files)",
    example: EXAMPLE,
    online: false,
    offline_when: None,
    describes_asns: false,
    fields: FIELDS,
    configured_fields: None,
    build,
};

inventory::submit! { FACTORY }
