//! Rows of one address in several spellings.

use ipcascade_core::store::{Check, RepairChange, RepairOptions, RepairProgress};

use crate::store::StoreSubject;
use crate::store::cases::faults::sound_inventory::{set_document, sound};
use crate::store::fixtures::{address, asn, day};
use crate::store::foreign::{
    ForeignAddress, ForeignAsn, ForeignRows, ForeignSession, ForeignStatement,
};
use crate::store::trial::Trial;

/// Two rows of one address, in an otherwise sound inventory.
pub(super) async fn with_twins(subject: Box<dyn StoreSubject>) -> Trial {
    let trial = sound(subject).await;
    let system = ForeignAsn {
        counts: (1, 2),
        ..ForeignAsn::new(13335, (day(1), day(4)))
    };
    let odd = ForeignAddress {
        asn: Some(13335),
        verified: Some(day(3)),
        sessions: 2,
        counts: Some((None, 0)),
        document: r#"{"cymru": {"asn": 13335, "prefix": "2606:4700::/32",
            "cached_at": "2026-01-03T00:00:00Z"}, "spur": {"client": {"types": ["VPN"]}}}"#
            .to_owned(),
        ..ForeignAddress::new("2606:4700:0:0:0:0:0:1111", (day(1), day(3)))
    };
    let canonical = ForeignAddress {
        sessions: 1,
        counts: Some((None, 0)),
        document: r#"{"dshield": {"ip": {"number": "x"}}}"#.to_owned(),
        ..ForeignAddress::new("2606:4700::1111", (day(2), day(4)))
    };
    let session = ForeignSession::new("odd", "2606:4700:0:0:0:0:0:1111");
    let twins = [
        ForeignStatement::InsertAsns(vec![system]),
        ForeignStatement::InsertAddresses(vec![odd, canonical]),
        ForeignStatement::InsertSessions(vec![session]),
    ];
    trial.plant(&twins).await;
    trial
}

/// A merge loses no section, no AS, no session and no number.
pub async fn twins_keep_everything_that_either_knows(subject: Box<dyn StoreSubject>) {
    let trial = with_twins(subject).await;
    let report = trial.repair(&trial.repair_options()).await;
    assert_eq!(report.repaired.get(&Check::AddressSpelling), Some(&1));
    trial.check().await;
    let row = trial.address(address("2606:4700::1111")).await;
    assert_eq!(row.current_asn, Some(asn(13335)));
    for name in ["cymru", "spur", "dshield"] {
        assert!(row.enrichment.section(name).is_some(), "{name} is gone");
    }
    assert_eq!((row.first_seen, row.last_seen), (day(1), day(4)));
    assert_eq!(row.session_count, 3);
    let session = trial.session("odd").await;
    assert_eq!(session.source_ip, Some(row.address));
    assert_eq!(trial.asn(13335).await.unique_ip_count, 1);
    let again = trial.repair(&trial.repair_options()).await;
    assert!(again.repaired.is_empty(), "{again:?}");
}

/// In any order, in batches that never hold all of them.
pub async fn twins_of_three_spellings_become_one_row(subject: Box<dyn StoreSubject>) {
    let trial = with_twins(subject).await;
    let third = ForeignAddress {
        sessions: 4,
        document: r#"{"cymru": {"cached_at": "2025-12-02T00:00:00Z"}, "virustotal": {}}"#
            .to_owned(),
        ..ForeignAddress::new("2606:4700:0::1111", (day(-30), day(-29)))
    };
    trial
        .plant(&[ForeignStatement::InsertAddresses(vec![third])])
        .await;
    let options = RepairOptions {
        batch_size: 1,
        ..trial.repair_options()
    };
    trial.repair(&options).await;
    trial.check().await;
    let row = trial.address(address("2606:4700::1111")).await;
    assert_eq!(
        row.current_asn,
        Some(asn(13335)),
        "the later section counts"
    );
    assert!(row.enrichment.section("virustotal").is_some());
    assert_eq!((row.first_seen, row.session_count), (day(-30), 7));
}

/// The row stays the same one, with what refers to it.
pub async fn an_odd_spelling_without_a_twin_keeps_its_row(subject: Box<dyn StoreSubject>) {
    let trial = with_twins(subject).await;
    let away = ForeignStatement::DeleteAddresses(ForeignRows::key("2606:4700::1111"));
    trial.plant(&[away]).await;
    trial.repair(&trial.repair_options()).await;
    trial.check().await;
    let row = trial.address(address("2606:4700::1111")).await;
    assert_eq!((row.current_asn, row.session_count), (Some(asn(13335)), 2));
    assert_eq!(trial.session("odd").await.source_ip, Some(row.address));
}

/// If two sections have one name, the older is replaced: it is kept, and shown beforehand.
pub async fn the_older_section_of_twins_is_kept(subject: Box<dyn StoreSubject>) {
    let trial = with_twins(subject).await;
    let older = r#"{"spur": {"client": "CANONICAL", "cached_at": "2025-01-01T00:00:00Z"}}"#;
    let newer = r#"{"spur": {"client": "ODD", "cached_at": "2026-01-01T00:00:00Z"}}"#;
    let documents = [
        set_document("2606:4700::1111", older),
        set_document("2606:4700:0:0:0:0:0:1111", newer),
    ];
    trial.plant(&documents).await;
    let shown = std::sync::Mutex::new(String::new());
    let options = RepairOptions {
        dry_run: true,
        ..trial.repair_options()
    };
    let show = |batch: RepairProgress<'_>| {
        for change in batch.changes {
            shown.lock().unwrap().push_str(&change.before.to_string());
        }
        true
    };
    let seen = trial.store.repair(&options, &show).await;
    seen.expect("reading works");
    assert!(shown.into_inner().unwrap().contains("CANONICAL"));
    trial.repair(&trial.repair_options()).await;
    trial.check().await;
    let row = trial.address(address("2606:4700::1111")).await;
    assert!(row.enrichment.to_json().contains("ODD"));
    let kept = trial.subject.tables().await.repairs;
    let is_kept = |change: &RepairChange| change.before.to_string().contains("CANONICAL");
    assert!(kept.iter().any(|entry| is_kept(&entry.change)), "{kept:#?}");
}
