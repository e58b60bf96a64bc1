//! The memory store meets the conformance kit, as far as that takes no SQL.

use ipcascade_store_memory::{AddressEntry, MemoryStore, StoredAsn};
use ipcascade_testkit::store::fixtures::{day, nth, policy, seen};
use ipcascade_testkit::store::trial::record;
use ipcascade_testkit::store::{MemorySubject, StoreSubject};

async fn fresh() -> Option<Box<dyn StoreSubject>> {
    Some(Box::new(MemorySubject::default()))
}

ipcascade_testkit::store_conformance!(fresh:
    recording sessions statistics counts history lists claims providers backfill copying faults random operations
);

/// An adopted row may refer to a number that is not an ASN but has a row: another sighting of the address leaves it
/// there.
#[tokio::test]
async fn a_sighting_leaves_an_address_where_it_is() {
    let store = MemoryStore::default();
    let change = |tables: &mut ipcascade_store_memory::Tables| {
        tables.asns.insert(
            0,
            StoredAsn {
                unique_ip_count: Some(1),
                total_session_count: Some(0),
                ..StoredAsn::default()
            },
        );
        let mut entry = AddressEntry::default();
        entry.row.key = nth(1).to_string();
        entry.row.current_asn = Some(0);
        tables.addresses.insert(entry.row.key.clone(), entry);
    };
    store.engine().change(change).await;
    for number in [3, 5] {
        let updates = [seen(nth(1), day(number), Vec::new())];
        record(&store, &policy(), &updates, day(9)).await.unwrap();
    }
    let tables = store.engine().tables();
    assert_eq!(tables.asns[&0].unique_ip_count, Some(1));
    assert_eq!(
        tables.addresses[&nth(1).to_string()].row.last_seen,
        Some(day(5))
    );
}
