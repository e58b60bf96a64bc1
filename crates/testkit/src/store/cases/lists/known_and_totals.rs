//! What is known of addresses, and how much is stored.

use ipcascade_core::store::{AddressUpdate, Totals};

use crate::store::StoreSubject;
use crate::store::cases::lists::addresses::addresses;
use crate::store::fixtures::{address, asn, day, nth, seen};
use crate::store::trial::Trial;

/// With gaps where nothing is known, and duplicates where the question has them.
pub async fn known_answers_in_the_order_of_the_question(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let batch: Vec<AddressUpdate> = (1..=3).map(|i| seen(nth(i), day(1), vec![])).collect();
    trial.record(&batch, day(1)).await;
    let question = [nth(3), nth(9), nth(1), nth(3), address("2606::1")];
    let rows = trial.store.known(&question).await.unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|row| row.as_ref().map(|row| row.address))
        .collect();
    assert_eq!(
        found,
        [Some(nth(3)), None, Some(nth(1)), Some(nth(3)), None]
    );
    assert!(trial.store.known(&[]).await.unwrap().is_empty());
    assert!(trial.store.asn(asn(7)).await.unwrap().is_none());
    assert!(trial.store.history(nth(9)).await.unwrap().is_empty());
}

/// Each number by itself.
pub async fn totals_count_everything(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    assert_eq!(trial.store.totals().await.unwrap(), Totals::default());
    let trial = addresses(trial.subject.sibling().await).await;
    let expected = Totals {
        asns: 2,
        addresses: 5,
        unattributed: 2,
        sessions: 6,
    };
    assert_eq!(trial.store.totals().await.unwrap(), expected);
}
