//! Recording into an adopted database.

use ipcascade_core::store::WriteReport;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_testkit::store::fixtures::{
    address, asn, day, geo, looked_up, nth, session, visited, whois,
};
use xtask::deployed::Flavour;

use crate::adoption::contents::adopted;

/// New rows, old rows, sessions with columns unknown to us.
pub async fn recording_works_on_adopted_tables(subject: Box<dyn StoreSubject>, flavour: Flavour) {
    let trial = adopted(subject, flavour).await;
    let mut new = visited(nth(100), vec![session("new", "pot", (1, 5), 3)]);
    new.answers.push(whois(64600, "NEW-NET", "NL", day(1)));
    let known = [
        looked_up(
            address("8.8.8.8"),
            vec![geo(15169, "Google LLC", "US", day(1))],
        ),
        looked_up(
            address("11.0.0.3"),
            vec![whois(64502, "TWICE", "DE", day(1))],
        ),
        looked_up(
            address("11.0.0.4"),
            vec![geo(64601, "WAS ARRAY", "DE", day(1))],
        ),
        visited(address("11.0.0.6"), vec![session("s3", "pot", (1, 5), 3)]),
        looked_up(
            address("1.2.3.4"),
            vec![whois(64602, "RIGHT", "NL", day(1))],
        ),
    ];
    let batch: Vec<_> = known.into_iter().chain([new]).collect();
    let report = trial.record_only(&batch, day(2)).await;
    assert_eq!((report.addresses_new, report.sessions_new), (1, 1));
    assert_eq!(report.addresses_moved, 1, "1.2.3.4 went where it belongs");
    assert_eq!(trial.asn(64600).await.total_session_count, 1);
    assert_eq!(trial.session("new").await.event_count, 3);
    assert_eq!(trial.session("s1").await.snapshot_asn, Some(asn(15169)));
    let row = trial.address(address("8.8.8.8")).await;
    assert!(
        row.enrichment.section("dshield").is_some(),
        "sections of others survive"
    );
    let row = trial.address(address("11.0.0.4")).await;
    assert!(
        row.enrichment.to_json().replace(' ', "").contains("[1,2]"),
        "nothing is lost"
    );
    let risk = "SELECT CAST(risk_score AS TEXT) FROM session_summaries WHERE session_id = 's1'";
    assert_eq!(trial.subject.rows(risk).await, [[Some("77".to_owned())]]);
    assert_eq!(
        trial.record_only(&batch, day(2)).await,
        WriteReport::default()
    );
}
