//! Which metadata an AS gets.

use ipcascade_core::store::BackfillOptions;
use serde_json::{Value, json};

use crate::store::StoreSubject;
use crate::store::asn_lists::{listed, policy_with_lists};
use crate::store::cases::backfill::planted::{by_geo, by_whois, plant, planted, systems};
use crate::store::fixtures::day;
use crate::store::foreign::{ForeignAsn, ForeignStatement};

/// What a provider knows about an AS itself is written into new rows and into existing ones.
pub async fn what_lists_say_is_written_into_every_row(subject: Box<dyn StoreSubject>) {
    let mut trial = planted(subject, &[(1, 65001, 3, by_geo(65001, "ONE", 1))]).await;
    trial.backfill(&trial.backfill_options()).await;
    plant(&trial, &[(2, 65002, 1, json!({}))]).await;
    trial.policy = policy_with_lists("hosting", true, day(2));
    for _ in 0..2 {
        trial.backfill(&trial.backfill_options()).await;
        let rows = systems(&trial).await;
        let all: Vec<_> = rows.iter().map(listed).collect();
        assert_eq!(all, [(Some("hosting"), true, true); 2]);
    }
    let report = trial.backfill(&trial.backfill_options()).await;
    assert_eq!(report.asns_updated, 0, "{report:?}");
}

/// The one address with metadata is found among the many without.
pub async fn metadata_is_the_best_among_all_addresses(subject: Box<dyn StoreSubject>) {
    let mut rows: Vec<_> = (0..300).map(|i| (i, 65001, 1, json!({}))).collect();
    rows[150].3 = by_whois(65001, "NAMED", 1);
    rows.extend((300..400).map(|i| (i, 65002, 1, by_whois(65002, "COMMON BUT LOWER", 9))));
    rows[333].3 = by_geo(65002, "HIGHER", 1);
    let trial = planted(subject, &rows).await;
    let options = BackfillOptions {
        batch_size: 50,
        ..trial.backfill_options()
    };
    trial.backfill(&options).await;
    assert_eq!(
        trial.asn(65001).await.organization_name.as_deref(),
        Some("NAMED")
    );
    assert_eq!(
        trial.asn(65002).await.organization_name.as_deref(),
        Some("HIGHER")
    );
    assert_eq!(
        trial.asn(65002).await.rir_registry.as_deref(),
        Some("ripencc")
    );
}

/// This decides among sections of one rank.
pub async fn the_commonest_then_the_newest_value_wins(subject: Box<dyn StoreSubject>) {
    let rows = [
        (1, 65001, 1, by_geo(65001, "COMMON", 1)),
        (2, 65001, 1, by_geo(65001, "RARE", 9)),
        (3, 65001, 1, by_geo(65001, "COMMON", 2)),
        (4, 65002, 1, by_geo(65002, "OLD", 1)),
        (5, 65002, 1, by_geo(65002, "NEW", 9)),
    ];
    let trial = planted(subject, &rows).await;
    let report = trial.backfill(&trial.backfill_options()).await;
    assert_eq!(
        trial.asn(65001).await.organization_name.as_deref(),
        Some("COMMON")
    );
    assert_eq!(
        trial.asn(65002).await.organization_name.as_deref(),
        Some("NEW")
    );
    assert_eq!(
        report.conflicts.get("asn_org"),
        Some(&2),
        "{:?}",
        report.conflicts
    );
}

/// A section that names another AS, or is for another prefix, does not count.
pub async fn sections_about_another_as_are_not_evidence(subject: Box<dyn StoreSubject>) {
    let mut elsewhere = by_whois(65001, "ELSEWHERE", 9);
    elsewhere["cymru"]["prefix"] = json!("1.0.0.0/24");
    let rows = [
        (1, 65001, 1, by_geo(65009, "STRANGER", 9)),
        (2, 65001, 1, elsewhere),
        (3, 65002, 1, by_geo(65009, "STRANGER", 9)),
        (4, 65002, 1, by_whois(65002, "RIGHT", 1)),
    ];
    let trial = planted(subject, &rows).await;
    trial.backfill(&trial.backfill_options()).await;
    assert_eq!(trial.asn(65001).await.organization_name, None);
    assert_eq!(
        trial.asn(65002).await.organization_name.as_deref(),
        Some("RIGHT")
    );
    let stranger = trial
        .store
        .asn(crate::store::fixtures::asn(65009))
        .await
        .unwrap();
    assert!(stranger.is_none(), "no address has it as origin");
}

/// It may have been entered by hand.
pub async fn metadata_of_unknown_source_is_kept_by_default(subject: Box<dyn StoreSubject>) {
    let trial = planted(subject, &[(1, 65001, 1, by_geo(65001, "LOOKED UP", 1))]).await;
    let typed = ForeignAsn {
        name: Some("TYPED IN".to_owned()),
        ..ForeignAsn::new(65001, (day(1), day(1)))
    };
    trial
        .plant(&[ForeignStatement::InsertAsns(vec![typed])])
        .await;
    trial.backfill(&trial.backfill_options()).await;
    assert_eq!(
        trial.asn(65001).await.organization_name.as_deref(),
        Some("TYPED IN")
    );
    let overwrite = BackfillOptions {
        overwrite_metadata: true,
        ..trial.backfill_options()
    };
    trial.backfill(&overwrite).await;
    assert_eq!(
        trial.asn(65001).await.organization_name.as_deref(),
        Some("LOOKED UP")
    );
}

/// Whatever another program has stored there, in whatever form.
pub async fn documents_of_others_about_an_as_are_kept(subject: Box<dyn StoreSubject>) {
    let trial = planted(subject, &[(1, 65001, 1, by_geo(65001, "ONE", 1))]).await;
    let twice = ForeignAsn {
        document: r#""{\"whois\": \"kept\"}""#.to_owned(),
        ..ForeignAsn::new(65001, (day(1), day(1)))
    };
    trial
        .plant(&[ForeignStatement::InsertAsns(vec![twice])])
        .await;
    trial.backfill(&trial.backfill_options()).await;
    let row = trial.asn(65001).await;
    assert_eq!(row.organization_name.as_deref(), Some("ONE"));
    let kept = Value::Object(row.enrichment).to_string();
    assert!(
        kept.contains("_unreadable") && kept.contains("kept"),
        "{kept}"
    );
}
