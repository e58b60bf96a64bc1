//! Every kind of fault is found, and repaired.

use ipcascade_core::{AddressUpdate, Check, RepairOptions, RepairReport, VerifyOptions};

use super::fixtures::{day, geo, nth, session, visited};
use super::trial::Trial;
use crate::subject::Subject;

/// Three addresses with a session each, in two systems.
async fn sound(subject: Box<dyn Subject>) -> Trial {
    let trial = Trial::new(subject).await;
    let batch: Vec<AddressUpdate> = [(1, 65001), (2, 65001), (3, 65002)]
        .iter()
        .map(|&(i, number)| {
            let mut update = visited(nth(i), vec![session(&format!("s{i}"), "pot", (1, 5), 1)]);
            update.answers.push(geo(number, "X", "NL", day(1)));
            update
        })
        .collect();
    trial.record(&batch, day(2)).await;
    trial
}

/// Plants a fault in a sound inventory: it must be found under its name, with an example that says
/// where; after the repair everything must be in order.
async fn found_and_repaired(subject: Box<dyn Subject>, check: Check, fault: &str, example: &str) {
    let trial = sound(subject).await;
    trial.subject.plant(fault).await;
    let report = trial.verify().await;
    let violation = report
        .violations
        .iter()
        .find(|violation| violation.check == check);
    let violation = violation.unwrap_or_else(|| panic!("{check:?} not in {report:?}"));
    assert!(violation.count >= 1);
    let says_where = violation.examples.iter().any(|text| text.contains(example));
    assert!(says_where, "{example} not in {:?}", violation.examples);

    let report = trial.repair(&trial.repair_options()).await;
    assert!(
        report.repaired.get(&check).is_some_and(|&rows| rows >= 1),
        "{report:?}"
    );
    trial.check().await;
    let report = trial.repair(&trial.repair_options()).await;
    assert!(
        report.repaired.values().all(|&rows| rows == 0),
        "repaired twice: {report:?}"
    );
}

/// An address points nowhere.
pub async fn asn_row_missing(subject: Box<dyn Subject>) {
    let fault = "DELETE FROM asn_inventory WHERE asn_number = 65002";
    found_and_repaired(subject, Check::AsnRowMissing, fault, "65002").await;
}

/// Too many addresses claimed.
pub async fn unique_ip_count(subject: Box<dyn Subject>) {
    let fault = "UPDATE asn_inventory SET unique_ip_count = 9 WHERE asn_number = 65001";
    found_and_repaired(subject, Check::UniqueIpCount, fault, "65001").await;
}

/// Too few sessions claimed.
pub async fn total_session_count(subject: Box<dyn Subject>) {
    let fault = "UPDATE asn_inventory SET total_session_count = 1 WHERE asn_number = 65001";
    found_and_repaired(subject, Check::TotalSessionCount, fault, "65001").await;
}

/// Fewer sessions counted than there are.
pub async fn session_count(subject: Box<dyn Subject>) {
    let fault = "UPDATE ip_inventory SET session_count = 0 WHERE ip_address = '11.0.0.2'; \
                 UPDATE asn_inventory SET total_session_count = 1 WHERE asn_number = 65001";
    found_and_repaired(subject, Check::SessionCount, fault, "11.0.0.2").await;
}

/// First seen after one of its addresses.
pub async fn seen_range(subject: Box<dyn Subject>) {
    let fault = "UPDATE asn_inventory SET first_seen = '2026-01-01T00:00:04Z' \
                 WHERE asn_number = 65001";
    found_and_repaired(subject, Check::SeenRange, fault, "65001").await;
}

/// Last seen before first.
pub async fn seen_order(subject: Box<dyn Subject>) {
    let fault = "UPDATE ip_inventory SET first_seen = '2026-01-01T00:00:05Z', \
                 last_seen = '2026-01-01T00:00:01Z' WHERE ip_address = '11.0.0.2'";
    found_and_repaired(subject, Check::SeenOrder, fault, "11.0.0.2").await;
}

/// A session from an address without a row.
pub async fn session_address_missing(subject: Box<dyn Subject>) {
    let fault = "UPDATE session_summaries SET source_ip = '12.0.0.9' WHERE session_id = 's1'; \
                 UPDATE ip_inventory SET session_count = 0 WHERE ip_address = '11.0.0.1'; \
                 UPDATE asn_inventory SET total_session_count = 1 WHERE asn_number = 65001";
    found_and_repaired(subject, Check::SessionAddressMissing, fault, "12.0.0.9").await;
}

/// Nobody wrote down that the address has moved.
pub async fn history_missing(subject: Box<dyn Subject>) {
    let fault = "UPDATE ip_asn_history SET asn_number = 65009 WHERE ip_address = '11.0.0.2'";
    found_and_repaired(subject, Check::HistoryMissing, fault, "11.0.0.2").await;
}

/// One address in two spellings.
pub async fn address_spelling(subject: Box<dyn Subject>) {
    let fault = "INSERT INTO ip_inventory (ip_address, current_asn, first_seen, last_seen, \
                 session_count, enrichment) VALUES \
                 ('2606:4700:0:0:0:0:0:1111', NULL, '2026-01-01T00:00:00Z', \
                 '2026-01-03T00:00:00Z', 0, '{}'), \
                 ('::ffff:11.0.0.1', NULL, '2025-12-01T00:00:00Z', \
                 '2025-12-03T00:00:00Z', 0, '{}')";
    found_and_repaired(
        subject,
        Check::AddressSpelling,
        fault,
        "2606:4700:0:0:0:0:0:1111",
    )
    .await;
}

/// A document in a string.
pub async fn document_shape(subject: Box<dyn Subject>) {
    let fault = r#"UPDATE ip_inventory SET enrichment =
        '"{\"maxmind\": {\"asn\": 65001, \"cached_at\": \"2026-01-01T00:00:00Z\"}}"'
        WHERE ip_address = '11.0.0.2'"#;
    found_and_repaired(subject, Check::DocumentShape, fault, "11.0.0.2").await;
}

/// An answer to another question.
pub async fn section_prefix(subject: Box<dyn Subject>) {
    let fault = r#"UPDATE ip_inventory SET enrichment = '{
        "maxmind": {"asn": 65001, "asn_org": "X", "cached_at": "2026-01-01T00:00:00Z"},
        "cymru": {"asn": 65001, "prefix": "2.0.0.0/24", "cached_at": "2026-01-01T00:00:00Z"}}'
        WHERE ip_address = '11.0.0.2'"#;
    found_and_repaired(subject, Check::SectionPrefix, fault, "11.0.0.2").await;
}

/// The document went on, the attribution did not.
pub async fn attribution(subject: Box<dyn Subject>) {
    let fault = r#"UPDATE ip_inventory SET enrichment = '{
        "maxmind": {"asn": 65007, "asn_org": "X", "cached_at": "2026-01-01T00:00:00Z"}}'
        WHERE ip_address = '11.0.0.2'"#;
    found_and_repaired(subject, Check::Attribution, fault, "11.0.0.2").await;
}

/// A private address with an AS.
pub async fn bogon_attributed(subject: Box<dyn Subject>) {
    let fault = "INSERT INTO ip_inventory (ip_address, current_asn, first_seen, last_seen, \
                 session_count, enrichment) VALUES ('10.0.0.1', 65002, '2026-01-01T00:00:01Z', \
                 '2026-01-01T00:00:05Z', 0, '{}'); \
                 INSERT INTO ip_asn_history (ip_address, asn_number, observed_at) VALUES \
                 ('10.0.0.1', 65002, '2026-01-01T00:00:01Z'); \
                 UPDATE asn_inventory SET unique_ip_count = 2 WHERE asn_number = 65002";
    found_and_repaired(subject, Check::BogonAttributed, fault, "10.0.0.1").await;
}

/// There is nothing to be wrong.
pub async fn an_empty_inventory_is_clean(subject: Box<dyn Subject>) {
    let trial = Trial::new(subject).await;
    trial.check().await;
    let report = trial.repair(&trial.repair_options()).await;
    assert!(
        report.repaired.values().all(|&rows| rows == 0),
        "{report:?}"
    );
}

/// A few for people, all in the sum.
pub async fn examples_are_limited_and_counts_are_not(subject: Box<dyn Subject>) {
    let trial = Trial::new(subject).await;
    let batch: Vec<AddressUpdate> = (0..50)
        .map(|i| visited(nth(i), vec![session(&format!("s{i}"), "pot", (1, 5), 1)]))
        .collect();
    trial.record(&batch, day(2)).await;
    trial
        .subject
        .plant("UPDATE ip_inventory SET session_count = 0")
        .await;
    let options = VerifyOptions {
        examples: 3,
        ..trial.verify_options()
    };
    let report = trial.store.verify(&options).await.expect("verifying works");
    assert_eq!((report.addresses, report.sessions), (50, 50));
    let [violation] = &report.violations[..] else {
        panic!("{report:?}")
    };
    assert_eq!(
        (violation.check, violation.count),
        (Check::SessionCount, 50)
    );
    assert_eq!(violation.examples.len(), 3);
}

/// 300 addresses, each with a wrong count, without history and systems.
async fn broken_all_over(subject: Box<dyn Subject>) -> Trial {
    let trial = Trial::new(subject).await;
    let batch: Vec<AddressUpdate> = (0..300)
        .map(|i| {
            let mut update = visited(nth(i), vec![session(&format!("s{i}"), "pot", (1, 5), 1)]);
            update.answers.push(geo(65000 + i % 3, "X", "NL", day(1)));
            update
        })
        .collect();
    trial.record(&batch, day(2)).await;
    let faults = "UPDATE ip_inventory SET session_count = 0; DELETE FROM ip_asn_history; \
                  DELETE FROM asn_inventory";
    trial.subject.plant(faults).await;
    trial
}

/// More rows than one transaction takes.
pub async fn repair_of_many_rows_goes_in_batches(subject: Box<dyn Subject>) {
    let trial = broken_all_over(subject).await;
    let options = RepairOptions {
        batch_size: 20,
        ..trial.repair_options()
    };
    let report = trial.repair(&options).await;
    assert_eq!(
        report.repaired.get(&Check::SessionCount),
        Some(&300),
        "{report:?}"
    );
    trial.check().await;
}

/// What was repaired before it was stopped stays so; another run repairs the rest.
pub async fn repair_can_be_stopped_after_any_batch(subject: Box<dyn Subject>) {
    let trial = broken_all_over(subject).await;
    let options = RepairOptions {
        batch_size: 20,
        ..trial.repair_options()
    };
    let rows = |report: &RepairReport| report.repaired.values().sum::<u64>();
    let stopped = trial
        .store
        .repair(&options, &|batch| rows(batch.report) == 0)
        .await
        .expect("repairing works");
    assert!((1..300).contains(&rows(&stopped)), "{stopped:?}");
    assert!(rows(&trial.repair(&options).await) > 0);
    trial.check().await;
}
