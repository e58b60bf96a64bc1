//! One question about an address at a time.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::Notify;

use crate::lookup::Outcome;
use crate::provider::Provider;
use crate::resilience::tests::scripted::{address, scripted};

#[tokio::test]
async fn one_question_in_flight_serves_all_and_its_cancellation_loses_nothing() {
    let hold = Arc::new(Notify::new());
    let (provider, wrapped) = scripted(vec![Outcome::NotFound], Some(Arc::clone(&hold)));
    let ask = || {
        let wrapped = Arc::clone(&wrapped);
        tokio::spawn(async move { wrapped.look_up(&address()).await })
    };
    let first = ask();
    while provider.asked.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let (second, third) = (ask(), ask());
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.is_err());
    for _ in 0..2 {
        hold.notify_one();
        while provider.asked.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
    }
    hold.notify_waiters();
    let both = async { (second.await.unwrap(), third.await.unwrap()) };
    let poke = async {
        loop {
            hold.notify_one();
            tokio::task::yield_now().await;
        }
    };
    let (second, third) = tokio::select! { both = both => both, () = poke => unreachable!() };
    assert!(matches!(second.outcomes[0], Outcome::NotFound));
    assert!(matches!(third.outcomes[0], Outcome::NotFound));
}
