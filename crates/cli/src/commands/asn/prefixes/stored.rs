//! The prefixes of stored addresses.

use std::collections::HashMap;
use std::sync::Arc;

use ipcascade_core::address::canonical_network;
use ipcascade_core::asn::Asn;
use ipcascade_core::field::Field;
use ipcascade_core::policy::Policy;
use ipcascade_core::special_purpose::EmbeddedIpv4;
use ipcascade_core::store::{AddressQuery, AddressRow, Store};
use ipnet::IpNet;

use crate::app::App;
use crate::commands::asn::prefixes::found::{FoundPrefixes, Known};
use crate::commands::block_counts;
use crate::commands::block_counts::AddressTally;
use crate::commands::top::Counts;
use crate::output::words;
use crate::report::CliError;

/// Adds the prefixes of the addresses whose origin is `asn`.
pub(super) async fn find(
    asn: Asn,
    store: &dyn Store,
    policy: &Arc<Policy>,
    found: &mut FoundPrefixes,
    app: &App<'_>,
) -> Result<(), CliError> {
    let query = AddressQuery {
        asn: Some(asn),
        ..AddressQuery::default()
    };
    let new = || PrefixTally {
        policy: Arc::clone(policy),
        prefixes: HashMap::new(),
        without: 0,
    };
    let counted = block_counts::count_shown(app, store.address_blocks(&query), new).await?;
    for (prefix, known) in counted.prefixes {
        found.add(asn, prefix, known);
    }
    if counted.without > 0 {
        let addresses = words::addresses(counted.without);
        app.output()
            .notice(&format!("`prefix` is not known of {addresses} of {asn}"));
    }
    Ok(())
}

struct PrefixTally {
    policy: Arc<Policy>,
    prefixes: HashMap<IpNet, Known>,
    /// How many addresses have no prefix.
    without: u64,
}

impl AddressTally for PrefixTally {
    fn add(&mut self, row: &AddressRow) {
        let merged = self.policy.merged_of(Field::PREFIX, row);
        let prefix = merged.and_then(|merged| {
            let prefix: IpNet = merged.value.as_str()?.parse().ok()?;
            let prefix = canonical_network(prefix.trunc());
            // What the AS announces is the IPv4 prefix of the host inside.
            let embedded = EmbeddedIpv4::in_address(row.address);
            let inside = embedded.and_then(|it| it.inside(prefix));
            Some((inside.unwrap_or(prefix), merged.source))
        });
        let Some((prefix, source)) = prefix else {
            self.without += 1;
            return;
        };
        let known = self.prefixes.entry(prefix).or_default();
        known.providers.insert(source);
        known.stored.get_or_insert_default().add(Counts {
            addresses: 1,
            sessions: row.session_count,
        });
    }

    fn add_all(&mut self, other: Self) {
        self.without += other.without;
        for (prefix, more) in other.prefixes {
            self.prefixes.entry(prefix).or_default().add(more);
        }
    }
}
