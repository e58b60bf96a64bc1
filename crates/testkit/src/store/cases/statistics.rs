//! Statistics stay exact when other programs write to the tables.

use ipcascade_core::store::{AddressUpdate, Check};

use crate::store::StoreSubject;
use crate::store::fixtures::{day, geo, nth, second, session, visited};
use crate::store::foreign::{
    AddressValue, ForeignAddress, ForeignRows, ForeignSession, ForeignStatement, SessionValue,
};
use crate::store::trial::Trial;

/// Three addresses in AS65001 with two, one and no sessions; one in AS65002 with one.
async fn populated(subject: Box<dyn StoreSubject>) -> Trial {
    let trial = Trial::new(subject).await;
    let place = [(1, 65001, 2), (2, 65001, 1), (3, 65001, 0), (4, 65002, 1)];
    let batch: Vec<AddressUpdate> = place
        .iter()
        .map(|&(address, number, sessions)| {
            let sessions =
                (0..sessions).map(|i| session(&format!("s{address}.{i}"), "pot", (1, 5), 1));
            let mut update = visited(nth(address), sessions.collect());
            update.answers.push(geo(number, "X", "NL", day(1)));
            update
        })
        .collect();
    trial.record(&batch, day(2)).await;
    trial
}

/// Runs foreign statements, and returns what the rows of AS65001 and AS65002 then claim.
async fn after(trial: &Trial, statements: &[ForeignStatement]) -> [(u64, u64); 2] {
    trial.subject.foreign(statements).await;
    let state = trial.inventory_state().await;
    state.assert_statistics();
    for check in [
        Check::UniqueIpCount,
        Check::TotalSessionCount,
        Check::SeenRange,
    ] {
        assert!(!trial.finds(check).await, "{check:?} after {statements:?}");
    }
    [65001, 65002].map(|number| state.statistics(number).expect("the row is there"))
}

/// One more address.
pub async fn foreign_inserts_of_addresses_count(subject: Box<dyn StoreSubject>) {
    let trial = populated(subject).await;
    let row = |key, asn, seen| ForeignAddress {
        asn,
        ..ForeignAddress::new(key, seen)
    };
    let insert = [ForeignStatement::InsertAddresses(vec![
        row("12.0.0.1", Some(65001), (day(3), day(4))),
        row("12.0.0.2", Some(65002), (day(-362), day(369))),
        row("12.0.0.3", None, (day(-362), day(369))),
    ])];
    assert_eq!(after(&trial, &insert).await, [(4, 3), (2, 1)]);
}

/// One address less, and its sessions with it.
pub async fn foreign_deletes_of_addresses_count(subject: Box<dyn StoreSubject>) {
    let trial = populated(subject).await;
    let delete = [
        ForeignStatement::DeleteSessions(ForeignRows::of("11.0.0.1")),
        ForeignStatement::DeleteHistory(ForeignRows::of("11.0.0.1")),
        ForeignStatement::DeleteAddresses(ForeignRows::key("11.0.0.1")),
    ];
    assert_eq!(after(&trial, &delete).await, [(2, 1), (1, 1)]);
}

/// From one AS to another, to none, and back.
pub async fn foreign_moves_of_addresses_count(subject: Box<dyn StoreSubject>) {
    let trial = populated(subject).await;
    let to = |target: Option<i64>| {
        let values = vec![AddressValue::Asn(target)];
        [ForeignStatement::UpdateAddresses(
            ForeignRows::key("11.0.0.1"),
            values,
        )]
    };
    assert_eq!(after(&trial, &to(Some(65002))).await, [(2, 1), (2, 3)]);
    assert_eq!(after(&trial, &to(None)).await, [(2, 1), (1, 1)]);
    assert_eq!(after(&trial, &to(Some(65001))).await, [(3, 3), (1, 1)]);
    assert_eq!(after(&trial, &to(Some(65001))).await, [(3, 3), (1, 1)]);
}

/// The sum follows a count that another program writes.
pub async fn foreign_session_counts_are_summed(subject: Box<dyn StoreSubject>) {
    let trial = populated(subject).await;
    let more = vec![AddressValue::MoreSessions(10)];
    let update = [ForeignStatement::UpdateAddresses(ForeignRows::All, more)];
    assert_eq!(after(&trial, &update).await, [(3, 33), (1, 11)]);
}

/// One more session, of an address and of its AS.
pub async fn foreign_inserts_of_sessions_count(subject: Box<dyn StoreSubject>) {
    let trial = populated(subject).await;
    let row = |id: &str, source: Option<&str>| ForeignSession {
        id: id.to_owned(),
        source: source.map(str::to_owned),
        events: Some((day(3), day(3))),
        event_count: 3,
    };
    let insert = [ForeignStatement::InsertSessions(vec![
        row("f1", Some("11.0.0.3")),
        row("f2", Some("11.0.0.3")),
        row("f3", None),
    ])];
    assert_eq!(after(&trial, &insert).await, [(3, 5), (1, 1)]);
    trial.inventory_state().await.assert_sessions_counted();
}

/// One session less.
pub async fn foreign_deletes_of_sessions_count(subject: Box<dyn StoreSubject>) {
    let trial = populated(subject).await;
    let delete = [ForeignStatement::DeleteSessions(ForeignRows::of(
        "11.0.0.1",
    ))];
    assert_eq!(after(&trial, &delete).await, [(3, 1), (1, 1)]);
    trial.inventory_state().await.assert_sessions_counted();
}

/// A session that is assigned to another address.
pub async fn foreign_moves_of_sessions_count(subject: Box<dyn StoreSubject>) {
    let trial = populated(subject).await;
    let to = |target: Option<&str>| {
        let values = vec![SessionValue::Source(target.map(str::to_owned))];
        [ForeignStatement::UpdateSessions(
            ForeignRows::key("s2.0"),
            values,
        )]
    };
    assert_eq!(after(&trial, &to(Some("11.0.0.4"))).await, [(3, 2), (1, 2)]);
    trial.inventory_state().await.assert_sessions_counted();
    assert_eq!(after(&trial, &to(None)).await, [(3, 2), (1, 1)]);
    trial.inventory_state().await.assert_sessions_counted();
    assert_eq!(after(&trial, &to(Some("11.0.0.2"))).await, [(3, 3), (1, 1)]);
    trial.inventory_state().await.assert_sessions_counted();
}

/// One statement, many rows.
pub async fn foreign_bulk_statements_count(subject: Box<dyn StoreSubject>) {
    let trial = populated(subject).await;
    let tables = trial.subject.tables().await;
    let copies = tables.sessions.into_values().map(|entry| ForeignSession {
        id: format!("copy {}", entry.session_id),
        source: entry.source_ip,
        events: entry.first_event_at.zip(entry.last_event_at),
        event_count: entry.event_count,
    });
    let copy = [ForeignStatement::InsertSessions(copies.collect())];
    assert_eq!(after(&trial, &copy).await, [(3, 6), (1, 2)]);
    let values = vec![AddressValue::Asn(Some(65002))];
    let everything = [ForeignStatement::UpdateAddresses(
        ForeignRows::of(65001),
        values,
    )];
    assert_eq!(after(&trial, &everything).await, [(0, 0), (4, 8)]);
    let nothing = [
        ForeignStatement::DeleteSessions(ForeignRows::All),
        ForeignStatement::DeleteHistory(ForeignRows::All),
        ForeignStatement::DeleteAddresses(ForeignRows::All),
    ];
    assert_eq!(after(&trial, &nothing).await, [(0, 0), (0, 0)]);
    trial.check().await;
}

/// The time span of an AS follows what is written into rows of addresses.
pub async fn foreign_sightings_widen_the_as(subject: Box<dyn StoreSubject>) {
    let trial = populated(subject).await;
    let values = vec![
        AddressValue::LastSeen(day(9)),
        AddressValue::FirstSeen(day(-30)),
    ];
    let update = [ForeignStatement::UpdateAddresses(
        ForeignRows::key("11.0.0.3"),
        values,
    )];
    after(&trial, &update).await;
    let system = trial.asn(65001).await;
    assert_eq!((system.first_seen, system.last_seen), (day(-30), day(9)));
}

/// An AS whose row was lost gets one again as soon as one of its addresses is counted, or leaves: a backfill that
/// builds the row at the same time has to wait.
pub async fn a_missing_row_of_an_as_is_made_for_what_is_counted(subject: Box<dyn StoreSubject>) {
    let trial = populated(subject).await;
    let forget = ForeignStatement::DeleteAsns(ForeignRows::All);
    trial.plant(std::slice::from_ref(&forget)).await;
    let session = ForeignSession::new("f", "11.0.0.3");
    trial
        .foreign(ForeignStatement::InsertSessions(vec![session]))
        .await;
    let state = trial.inventory_state().await;
    assert_eq!(state.asns(), ["65001"]);
    assert_eq!(state.statistics(65001), Some((3, 4)));
    let system = trial.asn(65001).await;
    assert_eq!((system.first_seen, system.last_seen), (second(1), day(2)));
    trial.plant(&[forget]).await;
    let delete = [
        ForeignStatement::DeleteSessions(ForeignRows::of("11.0.0.4")),
        ForeignStatement::DeleteHistory(ForeignRows::of("11.0.0.4")),
    ];
    trial.plant(&delete).await;
    let leave = ForeignStatement::DeleteAddresses(ForeignRows::key("11.0.0.4"));
    trial.foreign(leave).await;
    assert_eq!(
        trial.inventory_state().await.statistics(65002),
        Some((0, 0))
    );
}

/// `updated_at` is set by the operation that wrote the row, no matter which program counts for it later.
pub async fn counting_a_session_does_not_update_its_address(subject: Box<dyn StoreSubject>) {
    let trial = populated(subject).await;
    let visit = visited(nth(3), vec![session("ours", "pot", (1, 5), 1)]);
    trial.record(&[visit], day(5)).await;
    let theirs = ForeignSession::new("theirs", "11.0.0.4");
    trial
        .foreign(ForeignStatement::InsertSessions(vec![theirs]))
        .await;
    for entry in trial.subject.tables().await.addresses.into_values() {
        let is_seen_anew = entry.row.key == "11.0.0.3";
        let written = if is_seen_anew { day(5) } else { day(2) };
        assert_eq!(entry.updated_at, Some(written), "{}", entry.row.key);
    }
}
