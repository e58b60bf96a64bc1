//! BGP routing tables as a provider of ipcascade: which AS announces an address, in which prefix, and whether the RPKI
//! agrees.
//!
//! It works from files on the disk and sends nothing. Any number of them can be named and are united; what kind a file is
//! of, and how it is compressed (gzip, bzip2), is found out from its content.
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
//! # Formats
//!
//! | Kind | Format | Where from |
//! |---|---|---|
//! | RIB dump | MRT, `TABLE_DUMP_V2` and `TABLE_DUMP` ([RFC 6396], [RFC 8050]) | [RIPE RIS], [RouteViews] |
//! | pyasn file | text: a prefix, a tab and an AS number a line, `;` begins comments | made of a dump by [pyasn] |
//! | validated ROA payloads | JSON: a list `roas` of `prefix`, `maxLength`, `asn` | rpki-client, Routinator, [Cloudflare] |
//!
//! ```text
//! ; IP-ASN32-DAT file
//! 1.0.0.0/24      13335
//! ```
//!
//! ```text
//! {"roas": [{"asn": "AS13335", "prefix": "1.0.0.0/24", "maxLength": 24, "ta": "apnic"}]}
//! ```
//!
//! # What is stored
//!
//! `asn`, the origin of the longest announced prefix; of several the one that most peers of the collectors see, then the
//! lowest number. `origins` and `origin_details`, if there are several. `prefix`, `peers`, `seen_at` (the date of the
//! dump), `rpki` (`valid`, `invalid`, `not_found`: route origin validation, [RFC 6811]), `rpki_reason` (`asn`, `length`),
//! `rpki_invalid`.
//!
//! # Invariants
//!
//! - What is no evidence of an origin does not count, and is counted in a warning by reason: default routes and prefixes
//!   shorter than /8 (IPv6: /16), paths that end in an AS_SET ([RFC 6472]), AS0, AS_TRANS, private and reserved numbers. Of
//!   a prefix none of whose routes counts, nothing is known: it has not the origin of the prefix around it.
//! - A peer counts once for an origin, however many paths it announces ([RFC 7911]). `min_peers` is 2, or 1 where there is
//!   but one.
//! - A payload for AS0 allows no AS ([RFC 6483]).
//! - A file that was cut off, or is of another kind, is an error of `build` that names it. An MRT record has 16 MiB at
//!   most.
//!
//! | File | What it does |
//! |---|---|
//! | `declaration` | its name, and where its sections hold normalised fields |
//! | `open` | opens a file, unpacks it, and finds out of what kind it is |
//! | `records` | passes on the records of an MRT dump that hold unicast routes |
//! | `mrt`, `pyasn`, `vrps` | read the formats |
//! | `passed_over` | which routes do not count, and how many there were |
//! | `file` | reads a file of either kind, and says what is wrong with it |
//! | `prefix_origins` | the origins of each prefix, united over all files |
//! | `rov` | route origin validation |
//! | `table`, `record` | the table to search; what is known of a prefix, as fields |
//! | `provider` | the settings and the provider |
//!
//! [Cloudflare]: https://rpki.cloudflare.com/rpki.json
//! [pyasn]: https://github.com/hadiasghari/pyasn
//! [RFC 6396]: https://www.rfc-editor.org/rfc/rfc6396
//! [RFC 6472]: https://www.rfc-editor.org/rfc/rfc6472
//! [RFC 6483]: https://www.rfc-editor.org/rfc/rfc6483
//! [RFC 6811]: https://www.rfc-editor.org/rfc/rfc6811
//! [RFC 7911]: https://www.rfc-editor.org/rfc/rfc7911
//! [RFC 8050]: https://www.rfc-editor.org/rfc/rfc8050
//! [RIPE RIS]: https://ris.ripe.net/docs/mrt/
//! [RouteViews]: https://archive.routeviews.org/

mod declaration;
mod file;
mod file_summary;
mod mrt;
mod mrt_stream;
mod open;
mod origin_record;
mod prefix_origins;
mod provider;
mod pyasn;
mod rov;
mod table;
mod uncounted_routes;
mod vrps;

pub use declaration::{FIELDS, NAME};
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;
use ipcascade_core::settings_schema;
pub use provider::build;

use crate::declaration::{EXAMPLE, OLD_KEYS};

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "BGP routing tables: origin AS, prefix, RPKI validity (local files)",
    example: EXAMPLE,
    schema: settings_schema::of::<provider::Config>,
    old_keys: OLD_KEYS,
    fields: FIELDS,
    build,
    ..ProviderFactory::BASE
};

inventory::submit! { FACTORY }
