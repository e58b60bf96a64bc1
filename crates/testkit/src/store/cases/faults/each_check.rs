//! Each check finds its fault, and a repair puts it right.

use ipcascade_core::store::Check;

use crate::store::StoreSubject;
use crate::store::cases::faults::sound_inventory::{set_address, set_document, sound};
use crate::store::fixtures::{day, nth, second};
use crate::store::foreign::{
    AddressValue, AsnValue, ForeignAddress, ForeignRows, ForeignStatement, HistoryValue,
    SessionValue,
};

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
