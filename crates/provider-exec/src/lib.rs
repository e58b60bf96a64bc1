//! A program of one's own, in any language, as a provider of ipcascade: no crate to write, nothing to build.
//!
//! The program is started once and kept running. It is asked on its standard input, a JSON object a line, and answers on
//! its standard output, a JSON object a line for each address, in any order ([RFC 8259]; UTF-8, lines ended by a line
//! feed). This is all of one in Python:
//!
//! ```python
//! import json, sys
//!
//! OWNERS = {"8.8.8.8": "Google", "198.41.0.4": "Verisign"}
//! for line in sys.stdin:
//!     address = json.loads(line)["address"]
//!     if address in OWNERS:
//!         answer = {"address": address, "owner": OWNERS[address]}
//!     else:
//!         answer = {"address": address, "found": False}
//!     print(json.dumps(answer), flush=True)
//! ```
//!
//! | What | Means |
//! |---|---|
//! | asked: `address` | in canonical spelling |
//! | asked: `left` | how many more lines come before the program has to have answered; 0 in the last one of a batch |
//! | answered: `address` | the address asked for, in any spelling |
//! | answered: `found: false` | the program was asked and knows nothing |
//! | answered: `error: "…"` | there is no answer, for this reason; with `retry: true` it is worth asking again soon |
//! | answered: `prefix` | the prefix that the answer is for |
//! | all other keys | the fields of the section, under these names |
//!
//! ```
//! use ipcascade_core::registry::ProviderSetup;
//! use ipcascade_core::settings::Settings;
//!
//! let settings = Settings::from_toml("providers.exec", r#"command = ["python3", "owner.py"]"#);
//! let Ok(ProviderSetup::Ready(provider)) = ipcascade_provider_exec::build(&settings) else {
//!     panic!("a command is all that it needs")
//! };
//! assert!(provider.capabilities().online, "nobody knows what a program does, unless it is declared offline");
//! ```
//!
//! # Invariants
//!
//! - A program that ends, or says nothing for longer than `timeout`, is started anew; what it has answered counts,
//!   and what it was asked is asked again, one by one, so that one address that it cannot bear costs no other its answer.
//! - An answer for an address that was not asked for is passed over. One whose prefix does not contain the address, or with
//!   a well-known field of another kind, is a permanent failure of that address.
//! - Lines that are not answers are passed over with a warning; one of a megabyte or more ends the asking. What the program
//!   writes on its standard error is logged with `-v`, and the last line of it stands in the message when it ends.
//! - It counts as one that goes online unless `online = false`. It runs in the folder of the configuration, in a group of
//!   processes of its own, with the environment of this program.
//! - An answer lasts 7 days (`ttl`), "not found" one (`not_found_ttl`).
//!
//! A program that cannot be found is an error of `build`; one that cannot be started is unusable for the rest of the run.
//!
//! | File | What it does |
//! |---|---|
//! | `declaration` | its name, and where its sections hold normalised fields |
//! | `config` | the settings |
//! | `program` | the program as it runs |
//! | `answer` | from a line to an outcome |
//! | `batch` | the addresses of a batch, and what is answered of them |
//! | `provider` | asks, and starts the program anew |
//!
//! [RFC 8259]: https://www.rfc-editor.org/rfc/rfc8259

mod answer;
mod batch;
mod config;
mod declaration;
mod dialogue;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod program;
mod provider;

pub use declaration::{FIELDS, NAME};
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;
use ipcascade_core::settings_schema;
pub use provider::build;

use crate::declaration::{EXAMPLE, OLD_KEYS};

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "A program of your own, in any language: JSON lines in, JSON lines out",
    example: EXAMPLE,
    schema: settings_schema::of::<config::Config>,
    old_keys: OLD_KEYS,
    online: true,
    offline_when: Some(config::is_offline),
    fields: FIELDS,
    configured_fields: Some(config::configured_fields),
    build,
    ..ProviderFactory::BASE
};

inventory::submit! { FACTORY }
