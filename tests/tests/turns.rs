//! A service that wants to be asked by one process at a time is asked by one of all that share a store.

use std::sync::Arc;
use std::time::Duration;

use ipcascade_core::resilience::Turns;
use ipcascade_core::{Coordination, ProviderName};
use ipcascade_store_memory::MemoryStore;
use tokio::time::timeout;

const SOME: Duration = Duration::from_secs(5);

#[tokio::test(start_paused = true)]
async fn the_next_one_has_its_turn_when_the_last_one_has_ended() {
    let store: Arc<dyn Coordination> = Arc::new(MemoryStore::default());
    let of = |name, store: &Arc<dyn Coordination>| {
        Turns::new(ProviderName::new(name), Some(Arc::clone(store)))
    };
    let (one, two) = (of("whois", &store), of("whois", &store));
    let turn = one.next().await;
    assert!(timeout(SOME, two.next()).await.is_err());
    assert!(timeout(SOME, of("other", &store).next()).await.is_ok());
    let elsewhere: Arc<dyn Coordination> = Arc::new(MemoryStore::default());
    assert!(timeout(SOME, of("whois", &elsewhere).next()).await.is_ok());

    turn.end(Duration::ZERO).await;
    let turn = timeout(SOME, two.next()).await.expect("it has ended");
    assert!(timeout(SOME, one.next()).await.is_err());
    // Given up in the middle, as when the run is to end.
    drop(turn);
    timeout(SOME, one.next()).await.expect("it was given up");
}

#[tokio::test(start_paused = true)]
async fn without_a_store_nobody_is_waited_for() {
    let turns = Turns::new(ProviderName::new("whois"), None);
    let _one = turns.next().await;
    let _two = timeout(SOME, turns.next())
        .await
        .expect("nobody knows of others");
}
