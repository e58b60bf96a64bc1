//! Every kind of fault is found, and repaired.

use ipcascade_core::{
    AddressQuery, AddressUpdate, Check, OpenMode, RepairChange, RepairOptions, RepairReport,
    VerifyOptions,
};

use super::fixtures::{address, asn, day, geo, nth, second, session, visited};
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

/// Two rows of one address, in a sound inventory beside them.
async fn with_twins(subject: Box<dyn Subject>) -> Trial {
    let trial = sound(subject).await;
    let twins = r#"INSERT INTO asn_inventory (asn_number, first_seen, last_seen, unique_ip_count,
            total_session_count, enrichment)
        VALUES (13335, '2026-01-01T00:00:00Z', '2026-01-04T00:00:00Z', 1, 2, '{}');
        INSERT INTO ip_inventory (ip_address, current_asn, asn_last_verified, first_seen, last_seen,
            session_count, enrichment) VALUES
        ('2606:4700:0:0:0:0:0:1111', 13335, '2026-01-03T00:00:00Z', '2026-01-01T00:00:00Z',
         '2026-01-03T00:00:00Z', 2, '{"cymru": {"asn": 13335, "prefix": "2606:4700::/32",
         "cached_at": "2026-01-03T00:00:00Z"}, "spur": {"client": {"types": ["VPN"]}}}'),
        ('2606:4700::1111', NULL, NULL, '2026-01-02T00:00:00Z', '2026-01-04T00:00:00Z', 1,
         '{"dshield": {"ip": {"number": "x"}}}');
        INSERT INTO session_summaries (session_id, source_ip, event_count) VALUES
        ('odd', '2606:4700:0:0:0:0:0:1111', 1);
        UPDATE ip_inventory SET session_rows = NULL WHERE ip_address LIKE '2606:%'"#;
    trial.subject.plant(twins).await;
    trial
}

/// A merge loses no section, no AS, no session and no number.
pub async fn twins_keep_everything_that_either_knows(subject: Box<dyn Subject>) {
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
pub async fn twins_of_three_spellings_become_one_row(subject: Box<dyn Subject>) {
    let trial = with_twins(subject).await;
    let third = r#"INSERT INTO ip_inventory (ip_address, current_asn, first_seen, last_seen,
            session_count, enrichment) VALUES ('2606:4700:0::1111', NULL, '2025-12-01T00:00:00Z',
            '2025-12-02T00:00:00Z', 4, '{"cymru": {"cached_at": "2025-12-02T00:00:00Z"},
            "virustotal": {}}')"#;
    trial.subject.plant(third).await;
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

/// The row is the same one, with what refers to it.
pub async fn an_odd_spelling_without_a_twin_keeps_its_row(subject: Box<dyn Subject>) {
    let trial = with_twins(subject).await;
    let away = "DELETE FROM ip_inventory WHERE ip_address = '2606:4700::1111'";
    trial.subject.plant(away).await;
    trial.repair(&trial.repair_options()).await;
    trial.check().await;
    let row = trial.address(address("2606:4700::1111")).await;
    assert_eq!((row.current_asn, row.session_count), (Some(asn(13335)), 2));
    assert_eq!(trial.session("odd").await.source_ip, Some(row.address));
}

/// Each value that is replaced is in the table of repairs.
pub async fn what_a_repair_takes_away_is_kept(subject: Box<dyn Subject>) {
    let trial = with_twins(subject).await;
    let wrong = r#"UPDATE ip_inventory SET enrichment = '{
        "maxmind": {"asn": 65007, "cached_at": "2026-01-01T00:00:00Z"},
        "cymru": {"asn": 65001, "prefix": "2.0.0.0/24", "cached_at": "2026-01-01T00:00:00Z"}}'
        WHERE ip_address = '11.0.0.2'"#;
    trial.subject.plant(wrong).await;
    let report = trial.repair(&trial.repair_options()).await;
    let kept = "SELECT CAST(broken_check AS TEXT), CAST(row_key AS TEXT), CAST(before AS TEXT) \
                FROM ipcascade_repairs";
    let kept: Vec<String> = trial
        .subject
        .rows(kept)
        .await
        .into_iter()
        .map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" "))
        .collect();
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

/// All of it first.
pub async fn a_dry_run_of_a_repair_shows_each_value_and_writes_nothing(subject: Box<dyn Subject>) {
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
    let rows = trial
        .subject
        .rows("SELECT CAST(row_key AS TEXT) FROM ipcascade_repairs");
    assert!(rows.await.is_empty());
    // A reader may look as well.
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

/// Nobody is ever asked about it.
pub async fn an_orphan_session_of_a_private_address_is_given_a_marked_row(
    subject: Box<dyn Subject>,
) {
    let trial = sound(subject).await;
    let orphan = "INSERT INTO session_summaries (session_id, source_ip, first_event_at, \
        last_event_at, event_count) VALUES ('p', '10.0.0.1', '2026-01-01T00:00:01Z', \
        '2026-01-01T00:00:05Z', 1)";
    trial.subject.plant(orphan).await;
    trial.repair(&trial.repair_options()).await;
    trial.check().await;
    let row = trial.address(address("10.0.0.1")).await;
    assert!(row.enrichment.is_special());
    assert_eq!((row.session_count, row.current_asn), (1, None));
}

/// Not when the repair ran.
pub async fn repaired_history_begins_when_the_attribution_was_verified(subject: Box<dyn Subject>) {
    let trial = sound(subject).await;
    let forget = "DELETE FROM ip_asn_history; \
        UPDATE ip_inventory SET asn_last_verified = NULL WHERE ip_address = '11.0.0.2'; \
        UPDATE ip_inventory SET asn_last_verified = NULL, enrichment_updated_at = NULL \
        WHERE ip_address = '11.0.0.3'";
    trial.subject.plant(forget).await;
    let report = trial.repair(&trial.repair_options()).await;
    assert_eq!(report.repaired.get(&Check::HistoryMissing), Some(&3));
    for (number, expected) in [(1, day(2)), (2, day(2)), (3, second(1))] {
        let history = trial
            .store
            .history(nth(number))
            .await
            .expect("reading works");
        assert_eq!(history[0].observed_at, expected, "of {}", nth(number));
    }
}
