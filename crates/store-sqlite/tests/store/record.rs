//! Recording batches.

use ipcascade_core::asn::Asn;
use ipcascade_core::store::{AddressUpdate, Reader as _, WriteReport};

use crate::support::*;

#[tokio::test]
async fn a_batch_is_stored_with_exact_statistics_and_repeating_it_changes_nothing() {
    let place = Place::new();
    let store = place.open().await;
    let mut first = answered(
        update("198.41.0.4", "2026-01-01T10:00:00.000400Z"),
        GEO,
        geo(4_200_000_001),
        "2026-01-01",
    );
    first.sessions = vec![session("a", "2026-01-01"), session("b", "2026-01-02")];
    let second = answered(
        update("2001:500::1", "2026-01-03"),
        GEO,
        geo(4_200_000_001),
        "2026-01-01",
    );
    let updates = [first, second];
    let report = record(&store, &updates, "2026-01-05").await;
    assert_eq!(
        (report.addresses_new, report.asns_new, report.sessions_new),
        (2, 1, 2)
    );
    let row = asn(&store, 4_200_000_001).await;
    assert_eq!((row.unique_ip_count, row.total_session_count), (2, 2));
    assert_eq!(row.first_seen, at("2026-01-01T10:00:00.000400Z"));
    assert_eq!(row.last_seen, at("2026-01-03"));
    assert_eq!(row.organization_name.as_deref(), Some("Org 4200000001"));
    assert_eq!(address(&store, "198.41.0.4").await.session_count, 2);
    let sessions = all_sessions(&store).await;
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0].snapshot_country.as_deref(), Some("NL"));

    let report = record(&store, &updates, "2026-01-05").await;
    assert_eq!(report, WriteReport::default());
    assert_eq!(asn(&store, 4_200_000_001).await, row);
}

#[tokio::test]
async fn an_address_that_moves_is_counted_for_its_new_as_and_noted() {
    let place = Place::new();
    let store = place.open().await;
    let mut first = answered(
        update("198.41.0.4", "2026-01-01"),
        GEO,
        geo(1),
        "2026-01-01",
    );
    first.sessions = vec![session("a", "2026-01-01")];
    record(&store, &[first], "2026-01-01").await;
    let moved = answered(
        AddressUpdate::new("198.41.0.4".parse().unwrap()),
        GEO,
        geo(2),
        "2026-02-01",
    );
    let report = record(&store, &[moved], "2026-02-01").await;
    assert_eq!((report.addresses_moved, report.addresses_updated), (1, 1));
    let (old, new) = (asn(&store, 1).await, asn(&store, 2).await);
    assert_eq!((old.unique_ip_count, old.total_session_count), (0, 0));
    assert_eq!((new.unique_ip_count, new.total_session_count), (1, 1));
    let history = store.history("198.41.0.4".parse().unwrap()).await.unwrap();
    let numbers: Vec<u32> = history.iter().map(|row| row.asn.get()).collect();
    assert_eq!(numbers, [1, 2]);
    assert_eq!(history[1].verification_source.as_deref(), Some("maxmind"));
    let snapshot = all_sessions(&store).await[0].snapshot_asn;
    assert_eq!(snapshot, Asn::new(1), "a snapshot does not change");
}

#[tokio::test]
async fn sessions_from_before_the_first_answers_get_their_snapshot_with_them() {
    let place = Place::new();
    let store = place.open().await;
    let mut seen = update("198.41.0.4", "2026-01-01");
    seen.sessions = vec![session("early", "2026-01-01")];
    record(&store, &[seen], "2026-01-01").await;
    assert_eq!(all_sessions(&store).await[0].enrichment_at, None);
    let looked_up = answered(
        AddressUpdate::new("198.41.0.4".parse().unwrap()),
        GEO,
        geo(7),
        "2026-01-02",
    );
    record(&store, &[looked_up], "2026-01-02").await;
    let session = &all_sessions(&store).await[0];
    assert_eq!(session.snapshot_asn, Asn::new(7));
    assert_eq!(session.snapshot_country.as_deref(), Some("NL"));
    assert_eq!(session.enrichment_at, Some(at("2026-01-02")));
}

#[tokio::test]
async fn nul_never_reaches_a_column() {
    let place = Place::new();
    let store = place.open().await;
    let mut fields = geo(7);
    fields["asn_org"] = "A\0B".into();
    let mut odd = answered(
        update("198.41.0.4", "2026-01-01"),
        GEO,
        fields,
        "2026-01-01",
    );
    odd.sessions = vec![session("x\0y", "2026-01-01")];
    record(&store, std::slice::from_ref(&odd), "2026-01-01").await;
    assert_eq!(record(&store, &[odd], "2026-01-01").await.sessions_new, 0);
    assert_eq!(
        asn(&store, 7).await.organization_name.as_deref(),
        Some("AB")
    );
    assert_eq!(all_sessions(&store).await[0].session_id, "xy");
    assert!(
        !address(&store, "198.41.0.4")
            .await
            .enrichment
            .to_json()
            .contains("u0000")
    );
}

#[tokio::test]
async fn a_batch_larger_than_any_statement_is_one_transaction() {
    let place = Place::new();
    let store = place.open().await;
    let updates: Vec<AddressUpdate> = (0..1_733_u32)
        .map(|n| {
            let address = std::net::Ipv4Addr::from(0x0100_0000 + n).to_string();
            let mut one = answered(
                update(&address, "2026-01-01"),
                GEO,
                geo(1 + n % 500),
                "2026-01-01",
            );
            one.sessions = vec![session(&format!("s{n}"), "2026-01-01")];
            one
        })
        .collect();
    let report = record(&store, &updates, "2026-01-01").await;
    assert_eq!(
        (report.addresses_new, report.asns_new, report.sessions_new),
        (1_733, 500, 1_733)
    );
    assert_eq!(all_addresses(&store).await.len(), 1_733);
    assert_eq!(asn(&store, 1).await.unique_ip_count, 4);
}
