//! Sessions whose address has no row, or not in their spelling.

use ipcascade_core::store::Check;

use crate::store::StoreSubject;
use crate::store::cases::faults::sound_inventory::sound;
use crate::store::fixtures::{address, day, nth, second};
use crate::store::foreign::{ForeignAddress, ForeignSession, ForeignStatement};

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
