//! Counts sessions and takes snapshots.

use ipcascade_core::store::{AddressUpdate, Placed, SessionQuery, SessionUpdate, WriteReport};

use crate::store::StoreSubject;
use crate::store::fixtures::{asn, day, geo, looked_up, nth, second, session, session_of, visited};
use crate::store::trial::Trial;

/// One connection is one session, of the address and of its AS.
pub async fn a_session_counts_once(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let mut update = visited(nth(1), vec![session("a", "pot", (1, 5), 7)]);
    update.answers.push(geo(65001, "X", "NL", day(1)));
    let report = trial.record(&[update], day(2)).await;
    assert_eq!(report.sessions_new, 1);
    let row = trial.address(nth(1)).await;
    assert_eq!(
        (row.session_count, row.first_seen, row.last_seen),
        (1, second(1), second(5))
    );
    assert_eq!(trial.asn(65001).await.total_session_count, 1);
    let row = trial.session("a").await;
    assert_eq!(row.source_ip, Some(nth(1)));
    assert_eq!(row.sensor.as_deref(), Some("pot"));
    assert_eq!(
        (row.first_event_at, row.last_event_at),
        (Some(second(1)), Some(second(5)))
    );
    assert_eq!(row.event_count, 7);
    let refresh = looked_up(nth(1), vec![geo(65001, "X", "NL", day(3))]);
    trial.record(&[refresh], day(3)).await;
    assert_eq!(
        trial.address(nth(1)).await.session_count,
        1,
        "a refresh is no session"
    );
}

/// However the events of a session are split, in whatever order the parts come, and even if some come again, each
/// counts once. Of a session that another program has counted, only the number is known.
pub async fn events_that_are_told_apart_count_once_in_any_order(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let divided: [&[&[u32]]; 6] = [
        &[&[1, 2, 3, 4, 5, 6]],
        &[&[1, 6], &[3], &[2, 4, 5]],
        &[&[4, 5], &[1, 2, 3], &[6]],
        &[&[1, 2, 3], &[1, 2, 3, 4, 5, 6]],
        &[&[1, 3, 5], &[2, 3, 4], &[5, 6], &[1, 3, 5]],
        &[&[6], &[5], &[4], &[3], &[2], &[1], &[6]],
    ];
    for (number, parts) in divided.iter().enumerate() {
        let id = format!("s{number}");
        for part in *parts {
            let update = visited(nth(1), vec![session_of(&id, "pot", part)]);
            trial.record(&[update], day(2)).await;
        }
        let row = trial.session(&id).await;
        assert_eq!(
            (row.event_count, row.first_event_at, row.last_event_at),
            (6, Some(second(1)), Some(second(6))),
            "{parts:?}"
        );
    }
    let again = visited(nth(1), vec![session_of("s0", "pot", &[2, 4])]);
    assert_eq!(trial.record(&[again], day(3)).await, WriteReport::default());
    assert_eq!(trial.address(nth(1)).await.session_count, 6);
    // Several parts in one batch.
    let parts = [&[3, 4][..], &[1, 2], &[2, 5]];
    let parts = parts.map(|part| visited(nth(2), vec![session_of("at once", "pot", part)]));
    trial.record(&parts, day(2)).await;
    assert_eq!(trial.session("at once").await.event_count, 5);
    // Where not all are distinguishable, the span decides.
    let counted = visited(nth(3), vec![session("counted", "pot", (1, 9), 4)]);
    trial.record(&[counted], day(2)).await;
    for (events, count) in [(&[2, 3][..], 4), (&[20, 21], 6)] {
        let update = visited(nth(3), vec![session_of("counted", "pot", events)]);
        trial.record(&[update], day(2)).await;
        assert_eq!(trial.session("counted").await.event_count, count);
    }
    // Read again in full, they are distinguishable.
    for (events, count) in [(&[1, 2, 3, 4, 9, 20, 21][..], 7), (&[2, 5], 8)] {
        let update = visited(nth(3), vec![session_of("counted", "pot", events)]);
        trial.record(&[update], day(2)).await;
        assert_eq!(trial.session("counted").await.event_count, count);
    }
}

/// Events without a source address count for the stored session; if it is not stored yet, they are kept until events
/// with an address come: the row is the same in either order.
pub async fn events_may_leave_out_where_their_session_is_from(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let mut expected = None;
    for (number, is_first) in [(0, true), (1, false)] {
        let id = format!("s{number}");
        let placed = visited(nth(1), vec![session_of(&id, "pot", &[2, 3])]);
        let unplaced = [session_of(&id, "pot", &[1, 3, 9])];
        if is_first {
            unplaced_events_are_kept(&trial, &unplaced).await;
        }
        trial.record(&[placed], day(3)).await;
        if !is_first {
            unplaced_events_update_their_address(&trial, &unplaced).await;
        }
        let row = trial.session(&id).await;
        let essence = (
            row.source_ip,
            row.event_count,
            row.first_event_at,
            row.last_event_at,
        );
        assert_eq!(*expected.get_or_insert(essence), essence, "{row:?}");
    }
    assert_eq!(
        expected,
        Some((Some(nth(1)), 4, Some(second(1)), Some(second(9))))
    );
    let row = trial.address(nth(1)).await;
    assert_eq!(
        (row.session_count, row.first_seen, row.last_seen),
        (2, second(1), second(9))
    );
    // Each sensor has its own sessions, even with the same ID.
    let others = [
        session_of("s0", "other", &[5]),
        session_of("s0", "third", &[6, 7]),
    ];
    trial.store.record_unplaced(&others, day(5)).await.unwrap();
    assert_eq!(trial.session("s0").await.event_count, 4);
    assert_eq!(trial.session("s0@other").await.event_count, 1);
    assert_eq!(trial.session("s0@third").await.event_count, 2);
    let late = visited(nth(2), vec![session_of("s0", "other", &[5, 8])]);
    trial.record(&[late], day(6)).await;
    let row = trial.session("s0@other").await;
    assert_eq!((row.source_ip, row.event_count), (Some(nth(2)), 2));
}

/// Events of a session of which nothing is stored yet.
async fn unplaced_events_are_kept(trial: &Trial, unplaced: &[SessionUpdate]) {
    let written = trial.store.record_unplaced(unplaced, day(2)).await.unwrap();
    assert_eq!(written.written.sessions_new, 1);
    assert_eq!(written.updates, []);
    let row = trial.session(&unplaced[0].id).await;
    assert_eq!((row.source_ip, row.event_count), (None, 3));
    // A second time, it changes nothing.
    let again = trial.store.record_unplaced(unplaced, day(3)).await.unwrap();
    assert_eq!(again, Placed::default());
}

/// Events of a session that is stored with its address.
async fn unplaced_events_update_their_address(trial: &Trial, unplaced: &[SessionUpdate]) {
    let written = trial.store.record_unplaced(unplaced, day(4)).await.unwrap();
    assert_eq!(written.written, WriteReport::default());
    let [update] = written.updates.as_slice() else {
        panic!("{written:?}");
    };
    assert_eq!(
        (update.address, update.seen.unwrap().last),
        (nth(1), second(9))
    );
    trial.record(&written.updates, day(4)).await;
}

/// Reading the same log again, whole or in part, adds nothing.
pub async fn a_log_read_twice_counts_once(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let log: Vec<AddressUpdate> = (0..20)
        .map(|i| {
            visited(
                nth(i % 4),
                vec![session(&format!("s{i}"), "pot", (1, 9), 3)],
            )
        })
        .collect();
    let report = trial.record(&log, day(2)).await;
    assert_eq!((report.sessions_new, report.addresses_new), (20, 4));
    assert_eq!(trial.address(nth(1)).await.session_count, 5);
    assert_eq!(trial.record(&log, day(3)).await, WriteReport::default());
    assert_eq!(
        trial.record(&log[3..9], day(3)).await,
        WriteReport::default()
    );
    assert_eq!(trial.store.totals().await.unwrap().sessions, 20);
}

/// The two halves of a session are one, in whichever order they come.
pub async fn a_session_cut_by_log_rotation_is_whole(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let evening = |i: u32| visited(nth(i), vec![session(&format!("s{i}"), "pot", (1, 5), 5)]);
    let morning = |i: u32| visited(nth(i), vec![session(&format!("s{i}"), "pot", (6, 9), 7)]);
    trial.record(&[evening(1)], day(2)).await;
    let report = trial.record(&[morning(1)], day(2)).await;
    assert_eq!((report.sessions_new, report.sessions_updated), (0, 1));
    trial.record(&[morning(2)], day(2)).await;
    trial.record(&[evening(2)], day(2)).await;
    trial.record(&[evening(3), morning(3)], day(2)).await;
    for i in 1..=3 {
        let row = trial.session(&format!("s{i}")).await;
        assert_eq!(row.event_count, 12);
        assert_eq!(
            (row.first_event_at, row.last_event_at),
            (Some(second(1)), Some(second(9)))
        );
        assert_eq!(trial.address(nth(i)).await.session_count, 1);
    }
}

/// Sensors do not know each other's IDs.
pub async fn one_id_on_two_sensors_is_two_sessions(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let north = visited(nth(1), vec![session("a", "north", (1, 5), 5)]);
    let south = visited(nth(1), vec![session("a", "south", (2, 6), 6)]);
    let elsewhere = visited(nth(2), vec![session("a", "north", (3, 7), 7)]);
    let log = [north, south, elsewhere];
    assert_eq!(trial.record(&log, day(2)).await.sessions_new, 3);
    assert_eq!(trial.record(&log, day(2)).await, WriteReport::default());
    assert_eq!(trial.address(nth(1)).await.session_count, 2);
    assert_eq!(trial.address(nth(2)).await.session_count, 1);
}

/// IDs are shortened to what the column holds, and stay distinct.
pub async fn long_and_odd_ids_are_kept(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let long = "é".repeat(60);
    let ids = [
        format!("{long}1"),
        format!("{long}2"),
        "a'b\"c\\d😀".to_owned(),
        "%_".to_owned(),
    ];
    let log: Vec<AddressUpdate> = ids
        .iter()
        .map(|id| visited(nth(1), vec![session(id, "pot", (1, 2), 1)]))
        .collect();
    assert_eq!(trial.record(&log, day(2)).await.sessions_new, 4);
    assert_eq!(trial.record(&log, day(2)).await, WriteReport::default());
    assert_eq!(trial.address(nth(1)).await.session_count, 4);
    assert_eq!(trial.session(&ids[2]).await.event_count, 1);
    assert_eq!(trial.session("%_").await.event_count, 1);
}

/// Sessions that came before the answers get their snapshot from them.
pub async fn snapshots_are_taken_with_the_first_answers(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let log = [
        visited(
            nth(1),
            vec![
                session("a", "pot", (1, 5), 1),
                session("b", "pot", (6, 7), 1),
            ],
        ),
        visited(nth(2), vec![session("c", "pot", (1, 5), 1)]),
    ];
    trial.record(&log, day(2)).await;
    let row = trial.session("a").await;
    assert_eq!((row.snapshot_asn, row.enrichment_at), (None, None));
    trial
        .record(
            &[looked_up(nth(1), vec![geo(65001, "X", "nl", day(3))])],
            day(3),
        )
        .await;
    for id in ["a", "b"] {
        let row = trial.session(id).await;
        assert_eq!(row.snapshot_asn, Some(asn(65001)));
        assert_eq!(row.snapshot_country.as_deref(), Some("NL"));
        assert_eq!(row.enrichment_at, Some(day(3)));
    }
    assert_eq!(
        trial.session("c").await.enrichment_at,
        None,
        "another address"
    );
}

/// They record what was true then.
pub async fn snapshots_never_change(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let mut update = visited(nth(1), vec![session("a", "pot", (1, 5), 1)]);
    update.answers.push(geo(65001, "X", "NL", day(1)));
    trial.record(&[update], day(2)).await;
    let mut moved = visited(nth(1), vec![session("a", "pot", (6, 9), 1)]);
    moved.answers.push(geo(65002, "Y", "DE", day(5)));
    trial.record(&[moved], day(5)).await;
    let row = trial.session("a").await;
    assert_eq!(row.snapshot_asn, Some(asn(65001)));
    assert_eq!(row.snapshot_country.as_deref(), Some("NL"));
    assert_eq!((row.enrichment_at, row.event_count), (Some(day(2)), 2));
    let of_old = SessionQuery {
        asn: Some(asn(65001)),
        ..SessionQuery::default()
    };
    assert_eq!(trial.sessions(&of_old).await.len(), 1);
}

/// What is known already applies to a new session too.
pub async fn a_session_after_the_answers_has_its_snapshot_at_once(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial
        .record(
            &[looked_up(nth(1), vec![geo(65001, "X", "NL", day(1))])],
            day(1),
        )
        .await;
    trial
        .record(
            &[visited(nth(1), vec![session("a", "pot", (1, 5), 1)])],
            day(4),
        )
        .await;
    let row = trial.session("a").await;
    assert_eq!(
        (row.snapshot_asn, row.enrichment_at),
        (Some(asn(65001)), Some(day(4)))
    );
}

/// The session count of an AS follows its addresses.
pub async fn sessions_move_with_their_address(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let sessions = (0..5)
        .map(|i| session(&format!("s{i}"), "pot", (1, 5), 1))
        .collect();
    let mut update = visited(nth(1), sessions);
    update.answers.push(geo(65001, "X", "NL", day(1)));
    trial.record(&[update], day(2)).await;
    let mut moved = visited(nth(1), vec![session("s9", "pot", (1, 5), 1)]);
    moved.answers.push(geo(65002, "Y", "DE", day(3)));
    trial.record(&[moved], day(3)).await;
    assert_eq!(trial.asn(65001).await.total_session_count, 0);
    assert_eq!(trial.asn(65002).await.total_session_count, 6);
}
