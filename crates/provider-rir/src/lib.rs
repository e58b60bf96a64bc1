//! The regional registries' delegation statistics as a provider of ipcascade: which registry delegated an address or an AS,
//! when, and to which country.
//!
//! It works from files on the disk ("delegated-extended", plain or gzipped) and sends nothing. Any number of files can be
//! named; the combined one of all registries or one for each:
//!
//! - `https://ftp.ripe.net/pub/stats/ripencc/nro-stats/latest/nro-delegated-stats` (all in one)
//! - `https://ftp.ripe.net/pub/stats/<registry>/delegated-<registry>-extended-latest`, with `afrinic`, `apnic`, `arin`,
//!   `lacnic` or `ripencc` for `<registry>`
//!
//! ```
//! use ipcascade_core::registry::ProviderSetup;
//! use ipcascade_core::settings::Settings;
//!
//! let settings = Settings::from_toml("providers.rir", "files = []");
//! let built = ipcascade_provider_rir::build(&settings).unwrap();
//! assert!(matches!(built, ProviderSetup::Unconfigured(_)), "there is no default file");
//! ```
//!
//! # The format
//!
//! [RIR statistics exchange format], with the columns that the extended files add. Fields are parted by `|`; `#` begins a
//! comment.
//!
//! ```text
//! 2|ripencc|1764198000|250000|19830705|20251126|+0100        version|registry|serial|records|start|end|UTC offset
//! ripencc|*|ipv4|*|95000|summary                             how many records of a type there are
//! ripencc|FR|ipv4|192.0.2.0|256|20100101|assigned|a1b2c3     registry|country|type|first|value|date|status|…
//! ripencc|DE|ipv6|2001:db8::|32|20100101|allocated|d4e5f6
//! ripencc|NL|asn|64496|1|20100101|allocated|0a1b2c
//! ```
//!
//! | Type | `value` is |
//! |---|---|
//! | `ipv4` | a number of addresses, which need not be a power of two |
//! | `ipv6` | the length of the prefix |
//! | `asn` | a number of AS numbers |
//!
//! Dates are `YYYYMMDD`; `00000000`, an empty date and the country `ZZ` stand for none. What is `available` or `reserved`
//! has no holder: "not found". Fields behind the status are not read.
//!
//! # What is stored
//!
//! `registry`, `country`, `allocation_date`, `status` and `prefix`, the longest prefix around the address that lies in the
//! range. The country is that of the registration, not the one where the address is used, and the files do not say which AS
//! announces an address: no section has one. To whom an AS itself is delegated, they do say
//! ([`Provider::describe_asn`](ipcascade_core::provider::Provider::describe_asn)); that is kept with the AS, once it is
//! known from elsewhere.
//!
//! # Invariants
//!
//! - Where ranges overlap, the narrower one counts, then that of the newer file.
//! - The version of the data is the newest day of the files and a digest of all of them, the same on every machine.
//! - Bad lines are passed over, counted, and the first five named. A file that holds no delegation of addresses, or is not
//!   there, is an error of `build` that names it. A file has 1 GiB at most, unpacked.
//!
//! | File | What it does |
//! |---|---|
//! | `declaration` | its name, and where its sections hold normalised fields |
//! | `line` | reads one line |
//! | `file` | reads one file, and says what is wrong with it |
//! | `facts` | what the lines say of ranges, each combination kept once |
//! | `ranges` | ranges that may overlap become a table to search |
//! | `provider` | the settings and the provider |
//!
//! [RIR statistics exchange format]: https://ftp.ripe.net/pub/stats/ripencc/RIR-Statistics-Exchange-Format.txt

mod declaration;
mod facts;
mod file;
mod line;
mod provider;
mod ranges;

pub use declaration::{FIELDS, NAME};
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;
use ipcascade_core::settings_schema;
pub use provider::build;

use crate::declaration::{EXAMPLE, OLD_KEYS};

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "Registries' delegation statistics: registry, country, date (local files)",
    example: EXAMPLE,
    schema: settings_schema::of::<provider::Config>,
    old_keys: OLD_KEYS,
    describes_asns: true,
    fields: FIELDS,
    build,
    ..ProviderFactory::BASE
};

inventory::submit! { FACTORY }
