//! Which worker gets an address.

use std::collections::HashSet;

use chrono::TimeDelta;
use ipcascade_core::address::Address;
use ipcascade_core::store::AddressUpdate;

use crate::store::StoreSubject;
use crate::store::cases::claims::claim::lasting;
use crate::store::cases::claims::claim::{claim, due, sorted};
use crate::store::fixtures::{WHOIS, day, looked_up, nth, seen, whois};
use crate::store::trial::Trial;

async fn with_addresses(subject: Box<dyn StoreSubject>, count: u32) -> Trial {
    let trial = Trial::new(subject).await;
    let batch: Vec<AddressUpdate> = (0..count).map(|i| seen(nth(i), day(1), vec![])).collect();
    trial.record(&batch, day(1)).await;
    trial
}

/// The second owner gets the rest.
pub async fn two_owners_never_get_the_same_address(subject: Box<dyn StoreSubject>) {
    let trial = with_addresses(subject, 10).await;
    let other = trial.other().await;
    let sections = [lasting(WHOIS, 7)];
    let query = || due(&sections, day(10));
    let mine = claim(&*trial.store, query(), "me", 6).await;
    let theirs = claim(&*other, query(), "you", 6).await;
    assert_eq!((mine.len(), theirs.len()), (6, 4));
    let all: HashSet<Address> = mine.into_iter().chain(theirs).collect();
    assert_eq!(all.len(), 10);
    assert!(claim(&*trial.store, query(), "third", 6).await.is_empty());
}

/// At the same time, from several processes.
pub async fn many_owners_share_everything_once(subject: Box<dyn StoreSubject>) {
    let trial = with_addresses(subject, 400).await;
    let workers = (0..4).map(|worker| {
        let subject = &trial.subject;
        async move {
            let store = subject
                .open(ipcascade_core::store::OpenMode::Write)
                .await
                .expect("it opens");
            let sections = [lasting(WHOIS, 7)];
            let owner = format!("worker {worker}");
            let mut all = Vec::new();
            loop {
                let claimed = claim(&*store, due(&sections, day(10)), &owner, 30).await;
                if claimed.is_empty() {
                    return all;
                }
                all.extend(claimed);
            }
        }
    });
    let shares = futures::future::join_all(workers).await;
    let total: usize = shares.iter().map(Vec::len).sum();
    let distinct: HashSet<Address> = shares.into_iter().flatten().collect();
    assert_eq!((total, distinct.len()), (400, 400));
}

/// A dead worker does not block the others for ever.
pub async fn a_lease_ends(subject: Box<dyn StoreSubject>) {
    let trial = with_addresses(subject, 3).await;
    let sections = [lasting(WHOIS, 7)];
    let now = day(10);
    assert_eq!(
        claim(&*trial.store, due(&sections, now), "dead", 9)
            .await
            .len(),
        3
    );
    let during = now + TimeDelta::seconds(599);
    assert!(
        claim(&*trial.store, due(&sections, during), "heir", 9)
            .await
            .is_empty()
    );
    let after = now + TimeDelta::seconds(601);
    assert_eq!(
        claim(&*trial.store, due(&sections, after), "heir", 9)
            .await
            .len(),
        3
    );
}

/// No owner ends the lease of another.
pub async fn release_affects_only_ones_own_leases(subject: Box<dyn StoreSubject>) {
    let trial = with_addresses(subject, 3).await;
    let sections = [lasting(WHOIS, 7)];
    let query = || due(&sections, day(10));
    let all = [nth(0), nth(1), nth(2)];
    assert_eq!(claim(&*trial.store, query(), "me", 9).await.len(), 3);
    trial.store.release("you", &all).await.unwrap();
    assert!(claim(&*trial.store, query(), "you", 9).await.is_empty());
    trial.store.release("me", &all[..2]).await.unwrap();
    trial.store.release("me", &[]).await.unwrap();
    let claimed = sorted(claim(&*trial.store, query(), "you", 9).await);
    assert_eq!(claimed, all[..2]);
}

/// Exactly the requested number, oldest first.
pub async fn the_limit_holds(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    for (i, timestamp) in [(1, 3), (2, 1), (3, 2)] {
        let update = looked_up(nth(i), vec![whois(1, "X", "NL", day(timestamp))]);
        trial.record(&[update], day(timestamp)).await;
    }
    let sections = [lasting(WHOIS, 7)];
    let query = || due(&sections, day(50));
    assert!(claim(&*trial.store, query(), "me", 0).await.is_empty());
    assert_eq!(claim(&*trial.store, query(), "me", 1).await, [nth(2)]);
    assert_eq!(claim(&*trial.store, query(), "me", 1).await, [nth(3)]);
    assert_eq!(claim(&*trial.store, query(), "me", 9).await, [nth(1)]);
}
