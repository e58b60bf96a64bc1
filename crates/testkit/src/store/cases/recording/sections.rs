//! Which sections stay.

use serde_json::json;

use crate::store::StoreSubject;
use crate::store::fixtures::{WHOIS, asn, day, failed, geo, looked_up, nth, whois};
use crate::store::foreign::{ForeignAddress, ForeignStatement};
use crate::store::trial::Trial;

/// A failure does not undo an earlier answer of the same provider.
pub async fn a_failure_keeps_the_old_section(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial
        .record(
            &[looked_up(nth(1), vec![whois(65001, "X", "NL", day(1))])],
            day(1),
        )
        .await;
    trial
        .record(
            &[looked_up(nth(1), vec![failed(WHOIS, day(2), day(3))])],
            day(2),
        )
        .await;
    let row = trial.address(nth(1)).await;
    assert_eq!(row.current_asn, Some(asn(65001)));
    assert!(
        row.enrichment
            .section("cymru")
            .unwrap()
            .get("asn_org")
            .is_some()
    );
    assert_eq!(row.enrichment.failure("cymru").unwrap().retry_at, day(3));
    trial
        .record(
            &[looked_up(nth(1), vec![whois(65001, "X", "NL", day(4))])],
            day(4),
        )
        .await;
    assert_eq!(
        trial.address(nth(1)).await.enrichment.failure("cymru"),
        None
    );
}

/// A slow machine does not undo the work of a fast one.
pub async fn an_older_section_does_not_replace_a_newer_one(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial
        .record(
            &[looked_up(nth(1), vec![geo(65002, "NEW", "NL", day(5))])],
            day(5),
        )
        .await;
    trial
        .record(
            &[looked_up(nth(1), vec![geo(65001, "OLD", "NL", day(4))])],
            day(6),
        )
        .await;
    assert_eq!(trial.address(nth(1)).await.current_asn, Some(asn(65002)));
    assert_eq!(trial.attributions(nth(1)).await, [asn(65002)]);
}

/// Sections and columns of other programs are left alone.
pub async fn sections_of_others_survive(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let document = r#"{"dshield": {"ip": {"ascountry": "NL"}}, "spur": {"client": {"types": []}}}"#;
    let row = ForeignAddress {
        document: document.to_owned(),
        ..ForeignAddress::new("11.0.0.1", (day(1), day(1)))
    };
    trial
        .foreign(ForeignStatement::InsertAddresses(vec![row]))
        .await;
    trial
        .record(
            &[looked_up(nth(1), vec![geo(65001, "X", "NL", day(2))])],
            day(2),
        )
        .await;
    let row = trial.address(nth(1)).await;
    let dshield = row.enrichment.section("dshield").unwrap();
    assert_eq!(
        dshield.get("ip").as_deref(),
        Some(&json!({"ascountry": "NL"}))
    );
    assert!(row.enrichment.section("spur").is_some());
    assert!(row.enrichment.section("maxmind").is_some());
}
