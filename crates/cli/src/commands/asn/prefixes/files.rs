//! The prefixes in the files of providers.

use std::collections::BTreeSet;

use ipcascade_core::asn::Asn;
use ipcascade_core::provider_name::ProviderName;

use crate::app::{App, ProviderStatus};
use crate::commands::asn::prefixes::found::{FoundPrefixes, Known};

/// Which files were searched.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The providers whose files have the origins of prefixes.
    providers: Vec<ProviderName>,
    /// Whether some could not be opened, which was reported.
    pub(super) have_failed: bool,
}

impl Files {
    /// Adds the prefixes that `asns` originate according to the files of providers.
    pub(super) fn search(asns: &[Asn], found: &mut FoundPrefixes, app: &App<'_>) -> Self {
        let mut files = Self::default();
        for built in app.providers().into_iter().filter(|built| !built.online) {
            let provider = match built.status {
                ProviderStatus::Ready(provider) => provider,
                ProviderStatus::Wrong(error) => {
                    app.output().failure(&error.to_string());
                    files.have_failed = true;
                    continue;
                }
                ProviderStatus::Unconfigured(reason) => {
                    let text = format!("{} is not searched: {reason}", built.name);
                    app.output().detail(&text);
                    continue;
                }
            };
            let has_origins = provider.find_prefixes(asns, &mut |asn, prefix| {
                let known = Known {
                    providers: BTreeSet::from([built.name]),
                    stored: None,
                };
                found.add(asn, prefix, known);
            });
            if has_origins {
                files.providers.push(built.name);
            }
        }
        files
    }

    /// Which they are, for people.
    pub(super) fn describe(&self) -> String {
        if self.providers.is_empty() {
            return "no file, since none with the origins of prefixes is configured (--mmdb FILE, `[providers.bgp] files`)"
                .to_owned();
        }
        let names: Vec<&str> = self.providers.iter().map(|name| name.as_str()).collect();
        format!("in the files of {}", names.join(", "))
    }
}
