//! Claims of a worker.

use std::time::Duration;

use chrono::TimeDelta;
use ipcascade_core::address::Address;
use ipcascade_core::capabilities::Families;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::freshness::Freshness;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::store::{DueQuery, DueSection, Store, WhenMissing, WorkClaim};

const LEASE: Duration = Duration::from_secs(600);

pub(super) fn due(sections: &[DueSection], now: Timestamp) -> DueQuery<'_> {
    DueQuery {
        sections,
        unattributed_only: false,
        now,
        scarce: false,
    }
}

pub(super) async fn claim(
    store: &dyn Store,
    due: DueQuery<'_>,
    owner: &str,
    limit: u64,
) -> Vec<Address> {
    let claim = WorkClaim {
        due,
        owner,
        lease: LEASE,
        limit,
    };
    let rows = store.claim(&claim).await.expect("claiming works");
    rows.into_iter().map(|row| row.address).collect()
}

pub(super) fn sorted(mut addresses: Vec<Address>) -> Vec<Address> {
    addresses.sort_unstable();
    addresses
}

pub(crate) fn lasting(provider: ProviderName, days: i64) -> DueSection {
    DueSection {
        provider,
        freshness: Freshness {
            ttl: Some(TimeDelta::days(days)),
            not_found_ttl: Some(TimeDelta::days(1)),
            version: None,
        },
        families: Families::Both,
        when_missing: WhenMissing::Due,
        given_by: Vec::new(),
    }
}
