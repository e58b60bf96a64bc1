//! The values that a repair replaces.

use ipcascade_core::store::{AddressQuery, Check, OpenMode, RepairChange, RepairOptions};

use crate::store::StoreSubject;
use crate::store::cases::faults::sound_inventory::set_document;
use crate::store::cases::faults::twins::with_twins;

/// Each replaced value is in the table of repairs.
pub async fn what_a_repair_takes_away_is_kept(subject: Box<dyn StoreSubject>) {
    let trial = with_twins(subject).await;
    let wrong = r#"{
        "maxmind": {"asn": 65007, "cached_at": "2026-01-01T00:00:00Z"},
        "cymru": {"asn": 65001, "prefix": "2.0.0.0/24", "cached_at": "2026-01-01T00:00:00Z"}}"#;
    trial.plant(&[set_document("11.0.0.2", wrong)]).await;
    let report = trial.repair(&trial.repair_options()).await;
    let tables = trial.subject.tables().await;
    let line = |change: RepairChange| {
        let (check, key, before) = (change.check.name(), change.key, change.before);
        format!("{check} {key} {before}")
    };
    let kept = tables.repairs.into_iter().map(|entry| line(entry.change));
    let kept: Vec<String> = kept.collect();
    assert!(report.kept_values >= 3, "{report:?}");
    for (check, parts) in [
        ("attribution", ["11.0.0.2", "65001"]),
        ("section_prefix", ["11.0.0.2", "2.0.0.0/24"]),
        ("address_spelling", ["2606:4700:0:0:0:0:0:1111", "VPN"]),
    ] {
        let is_kept =
            |line: &String| line.starts_with(check) && parts.iter().all(|part| line.contains(part));
        assert!(
            kept.iter().any(is_kept),
            "{check} {parts:?} not in {kept:#?}"
        );
    }
}

/// Every value, before the repair.
pub async fn a_dry_run_of_a_repair_shows_each_value_and_writes_nothing(
    subject: Box<dyn StoreSubject>,
) {
    let trial = with_twins(subject).await;
    let before = trial.address_texts(&AddressQuery::default()).await;
    let options = RepairOptions {
        dry_run: true,
        ..trial.repair_options()
    };
    let shown = std::sync::Mutex::new(Vec::new());
    let report = trial
        .store
        .repair(&options, &|batch| {
            shown.lock().unwrap().extend_from_slice(batch.changes);
            true
        })
        .await
        .expect("repairing works");
    let shown = shown.into_inner().unwrap();
    assert_eq!(report.kept_values, shown.len() as u64);
    let is_twin = |change: &RepairChange| {
        change.check == Check::AddressSpelling && change.key == "2606:4700:0:0:0:0:0:1111"
    };
    assert!(shown.iter().any(is_twin), "{shown:?}");
    assert_eq!(trial.address_texts(&AddressQuery::default()).await, before);
    assert!(trial.subject.tables().await.repairs.is_empty());
    // A reader may inspect it as well.
    let reader = trial
        .subject
        .open(OpenMode::Read)
        .await
        .expect("it can be read");
    let seen = reader
        .repair(&options, &|_| true)
        .await
        .expect("reading works");
    assert_eq!(seen, report);
    let done = trial.repair(&trial.repair_options()).await;
    assert_eq!(
        done.repaired.get(&Check::AddressSpelling),
        report.repaired.get(&Check::AddressSpelling)
    );
}
