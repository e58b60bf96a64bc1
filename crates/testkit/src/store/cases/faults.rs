//! Every kind of fault is found and repaired.

use std::sync::atomic::{AtomicUsize, Ordering};

use ipcascade_core::store::{
    AddressQuery, AddressUpdate, Check, OpenMode, RepairChange, RepairOptions, RepairProgress,
    RepairReport, VerifyOptions,
};

use crate::store::StoreSubject;
use crate::store::fixtures::{address, asn, day, geo, nth, second, session, visited};
use crate::store::foreign::{
    AddressValue, AsnValue, ForeignAddress, ForeignAsn, ForeignRows, ForeignSession,
    ForeignStatement, HistoryValue, SessionValue,
};
use crate::store::trial::Trial;

/// Three addresses with a session each, in two ASes.
async fn sound(subject: Box<dyn StoreSubject>) -> Trial {
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

fn set_address(key: &str, values: &[AddressValue]) -> ForeignStatement {
    ForeignStatement::UpdateAddresses(ForeignRows::key(key), values.to_vec())
}

fn set_document(key: &str, document: &str) -> ForeignStatement {
    set_address(key, &[AddressValue::Document(document.to_owned())])
}

fn set_asn(value: AsnValue) -> ForeignStatement {
    ForeignStatement::UpdateAsns(ForeignRows::key(65001), vec![value])
}

/// Plants a fault in a sound inventory: it must be found under its name, with an example that locates it; after the
/// repair everything must be consistent.
async fn found_and_repaired(
    subject: Box<dyn StoreSubject>,
    check: Check,
    fault: &[ForeignStatement],
    example: &str,
) {
    let trial = sound(subject).await;
    trial.plant(fault).await;
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

/// An address refers to a missing AS row.
pub async fn asn_row_missing(subject: Box<dyn StoreSubject>) {
    let fault = [ForeignStatement::DeleteAsns(ForeignRows::key(65002))];
    found_and_repaired(subject, Check::AsnRowMissing, &fault, "65002").await;
}

/// The AS row claims too many addresses.
pub async fn unique_ip_count(subject: Box<dyn StoreSubject>) {
    let fault = [set_asn(AsnValue::Addresses(9))];
    found_and_repaired(subject, Check::UniqueIpCount, &fault, "65001").await;
}

/// The AS row claims too few sessions.
pub async fn total_session_count(subject: Box<dyn StoreSubject>) {
    let fault = [set_asn(AsnValue::Sessions(1))];
    found_and_repaired(subject, Check::TotalSessionCount, &fault, "65001").await;
}

/// The address counts fewer sessions than it has.
pub async fn session_count(subject: Box<dyn StoreSubject>) {
    let fault = [
        set_address("11.0.0.2", &[AddressValue::Sessions(0)]),
        set_asn(AsnValue::Sessions(1)),
    ];
    found_and_repaired(subject, Check::SessionCount, &fault, "11.0.0.2").await;
}

/// The AS was first seen after one of its addresses.
pub async fn seen_range(subject: Box<dyn StoreSubject>) {
    let fault = [set_asn(AsnValue::FirstSeen(second(4)))];
    found_and_repaired(subject, Check::SeenRange, &fault, "65001").await;
}

/// Last seen before first seen.
pub async fn seen_order(subject: Box<dyn StoreSubject>) {
    let seen = [
        AddressValue::FirstSeen(second(5)),
        AddressValue::LastSeen(second(1)),
    ];
    let fault = [set_address("11.0.0.2", &seen)];
    found_and_repaired(subject, Check::SeenOrder, &fault, "11.0.0.2").await;
}

/// A session from an address without a row.
pub async fn session_address_missing(subject: Box<dyn StoreSubject>) {
    let elsewhere = vec![SessionValue::Source(Some("12.0.0.9".to_owned()))];
    let fault = [
        ForeignStatement::UpdateSessions(ForeignRows::key("s1"), elsewhere),
        set_address("11.0.0.1", &[AddressValue::Sessions(0)]),
        set_asn(AsnValue::Sessions(1)),
    ];
    found_and_repaired(subject, Check::SessionAddressMissing, &fault, "12.0.0.9").await;
}

/// The history lacks a move of the address.
pub async fn history_missing(subject: Box<dyn StoreSubject>) {
    let other = vec![HistoryValue::Number(65009)];
    let fault = [ForeignStatement::UpdateHistory(
        ForeignRows::of("11.0.0.2"),
        other,
    )];
    found_and_repaired(subject, Check::HistoryMissing, &fault, "11.0.0.2").await;
}

/// One address in two spellings.
pub async fn address_spelling(subject: Box<dyn StoreSubject>) {
    let fault = [ForeignStatement::InsertAddresses(vec![
        ForeignAddress::new("2606:4700:0:0:0:0:0:1111", (day(1), day(3))),
        ForeignAddress::new("::ffff:11.0.0.1", (day(-30), day(-28))),
    ])];
    found_and_repaired(
        subject,
        Check::AddressSpelling,
        &fault,
        "2606:4700:0:0:0:0:0:1111",
    )
    .await;
}

/// A document inside a JSON string.
pub async fn document_shape(subject: Box<dyn StoreSubject>) {
    let twice = r#""{\"maxmind\": {\"asn\": 65001, \"cached_at\": \"2026-01-01T00:00:00Z\"}}""#;
    let fault = [set_document("11.0.0.2", twice)];
    found_and_repaired(subject, Check::DocumentShape, &fault, "11.0.0.2").await;
}

/// A section for another prefix.
pub async fn section_prefix(subject: Box<dyn StoreSubject>) {
    let document = r#"{
        "maxmind": {"asn": 65001, "asn_org": "X", "cached_at": "2026-01-01T00:00:00Z"},
        "cymru": {"asn": 65001, "prefix": "2.0.0.0/24", "cached_at": "2026-01-01T00:00:00Z"}}"#;
    let fault = [set_document("11.0.0.2", document)];
    found_and_repaired(subject, Check::SectionPrefix, &fault, "11.0.0.2").await;
}

/// The document is newer than the attribution.
pub async fn attribution(subject: Box<dyn StoreSubject>) {
    let document = r#"{
        "maxmind": {"asn": 65007, "asn_org": "X", "cached_at": "2026-01-01T00:00:00Z"}}"#;
    let fault = [set_document("11.0.0.2", document)];
    found_and_repaired(subject, Check::Attribution, &fault, "11.0.0.2").await;
}

/// A private address with an AS.
pub async fn bogon_attributed(subject: Box<dyn StoreSubject>) {
    let bogon = ForeignAddress {
        asn: Some(65002),
        ..ForeignAddress::new("10.0.0.1", (second(1), second(5)))
    };
    let fault = [
        ForeignStatement::InsertAddresses(vec![bogon]),
        ForeignStatement::InsertHistory(vec![("10.0.0.1".to_owned(), 65002, second(1))]),
        ForeignStatement::UpdateAsns(ForeignRows::key(65002), vec![AsnValue::Addresses(2)]),
    ];
    found_and_repaired(subject, Check::BogonAttributed, &fault, "10.0.0.1").await;
}

/// Nothing can be wrong in it.
pub async fn an_empty_inventory_is_clean(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial.check().await;
    let report = trial.repair(&trial.repair_options()).await;
    assert!(
        report.repaired.values().all(|&rows| rows == 0),
        "{report:?}"
    );
}

/// A few examples for people, every fault in the count.
pub async fn examples_are_limited_and_counts_are_not(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let batch: Vec<AddressUpdate> = (0..50)
        .map(|i| visited(nth(i), vec![session(&format!("s{i}"), "pot", (1, 5), 1)]))
        .collect();
    trial.record(&batch, day(2)).await;
    let uncounted = vec![AddressValue::Sessions(0)];
    trial
        .plant(&[ForeignStatement::UpdateAddresses(
            ForeignRows::All,
            uncounted,
        )])
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

/// 300 addresses, each with a wrong count, without history and AS rows.
async fn broken_all_over(subject: Box<dyn StoreSubject>) -> Trial {
    let trial = Trial::new(subject).await;
    let batch: Vec<AddressUpdate> = (0..300)
        .map(|i| {
            let mut update = visited(nth(i), vec![session(&format!("s{i}"), "pot", (1, 5), 1)]);
            update.answers.push(geo(65000 + i % 3, "X", "NL", day(1)));
            update
        })
        .collect();
    trial.record(&batch, day(2)).await;
    let uncounted = vec![AddressValue::Sessions(0)];
    let faults = [
        ForeignStatement::UpdateAddresses(ForeignRows::All, uncounted),
        ForeignStatement::DeleteHistory(ForeignRows::All),
        ForeignStatement::DeleteAsns(ForeignRows::All),
    ];
    trial.plant(&faults).await;
    trial
}

/// More rows than one transaction takes.
pub async fn repair_of_many_rows_goes_in_batches(subject: Box<dyn StoreSubject>) {
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

/// What was repaired before the stop stays repaired; another run repairs the rest.
pub async fn repair_can_be_stopped_after_any_batch(subject: Box<dyn StoreSubject>) {
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
    // It can also be stopped where nothing needs repair: each batch of rows is reported.
    let batches = AtomicUsize::new(0);
    let count = |_: RepairProgress<'_>| batches.fetch_add(1, Ordering::SeqCst) < usize::MAX;
    let again = trial.store.repair(&options, &count).await;
    assert_eq!(rows(&again.expect("repairing works")), 0);
    assert!(batches.into_inner() >= 300 / 20);
}

/// Two rows of one address, in an otherwise sound inventory.
async fn with_twins(subject: Box<dyn StoreSubject>) -> Trial {
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

/// No provider is ever asked about it.
pub async fn an_orphan_session_of_a_private_address_is_given_a_marked_row(
    subject: Box<dyn StoreSubject>,
) {
    let trial = sound(subject).await;
    let orphan = ForeignSession {
        events: Some((second(1), second(5))),
        ..ForeignSession::new("p", "10.0.0.1")
    };
    trial
        .plant(&[ForeignStatement::InsertSessions(vec![orphan])])
        .await;
    trial.repair(&trial.repair_options()).await;
    trial.check().await;
    let row = trial.address(address("10.0.0.1")).await;
    assert!(row.enrichment.is_special());
    assert_eq!((row.session_count, row.current_asn), (1, None));
}

/// Not when the repair ran.
pub async fn repaired_history_begins_when_the_attribution_was_verified(
    subject: Box<dyn StoreSubject>,
) {
    let trial = sound(subject).await;
    let (verified, enriched) = (AddressValue::Verified(None), AddressValue::EnrichedAt(None));
    let forget = [
        ForeignStatement::DeleteHistory(ForeignRows::All),
        set_address("11.0.0.2", std::slice::from_ref(&verified)),
        set_address("11.0.0.3", &[verified, enriched]),
    ];
    trial.plant(&forget).await;
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

/// Twins whose sessions had the canonical spelling before any row did.
pub async fn sessions_that_are_spelled_better_than_their_address_count(
    subject: Box<dyn StoreSubject>,
) {
    let trial = sound(subject).await;
    let twin = |key: &str, sessions| ForeignAddress {
        sessions,
        counts: Some((None, 0)),
        ..ForeignAddress::new(key, (day(1), day(3)))
    };
    let odd = vec![
        twin("2606:4700:0:0:0:0:0:1111", 0),
        twin("2606:4700:0::1111", 10),
    ];
    let sessions = [
        ("a", "2606:4700:0:0:0:0:0:1111"),
        ("b", "2606:4700:0:0:0:0:0:1111"),
        ("c", "2606:4700::1111"),
    ]
    .map(|(id, source)| ForeignSession::new(id, source));
    let planted = [
        ForeignStatement::InsertAddresses(odd),
        ForeignStatement::InsertSessions(sessions.to_vec()),
    ];
    trial.plant(&planted).await;
    trial.repair(&trial.repair_options()).await;
    trial.check().await;
    let row = trial.address(address("2606:4700::1111")).await;
    // Two that were not counted, ten known as a number, and the one that was not known at all.
    assert_eq!(row.session_count, 13);
}

/// Sessions of one address in two spellings, neither of which has a row.
pub async fn orphans_in_two_spellings_are_one_address(subject: Box<dyn StoreSubject>) {
    let trial = sound(subject).await;
    let session = |id: &str, source: &str, seconds: (i64, i64)| ForeignSession {
        events: Some((second(seconds.0), second(seconds.1))),
        ..ForeignSession::new(id, source)
    };
    let orphans = vec![
        session("a", "2606:4700::1111", (50, 60)),
        session("b", "2606:4700::1111", (50, 70)),
        session("c", "2606:4700:0:0::1111", (10, 90)),
        session("d", "::ffff:11.0.0.1", (1, 95)),
    ];
    trial
        .plant(&[ForeignStatement::InsertSessions(orphans)])
        .await;
    let report = trial.repair(&trial.repair_options()).await;
    assert_eq!(report.repaired.get(&Check::SessionAddressMissing), Some(&4));
    trial.check().await;
    let row = trial.address(address("2606:4700::1111")).await;
    assert_eq!(row.session_count, 3);
    assert_eq!((row.first_seen, row.last_seen), (second(10), second(90)));
    let row = trial.address(nth(1)).await;
    assert_eq!((row.session_count, row.last_seen), (2, second(95)));
}
