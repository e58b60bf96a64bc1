//! A service that wants to be asked by one process at a time is asked by one of all that share a store.

use std::sync::Arc;
use std::time::Duration;

use ipcascade_core::pacing::ServiceLock;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::store::Coordination;
use ipcascade_store_memory::MemoryStore;
use tokio::time::timeout;

const SOME: Duration = Duration::from_secs(5);

#[tokio::test(start_paused = true)]
async fn the_next_one_acquires_the_lock_when_it_is_released() {
    let store: Arc<dyn Coordination> = Arc::new(MemoryStore::default());
    let of = |name, store: &Arc<dyn Coordination>| {
        ServiceLock::new(ProviderName::new(name), Some(Arc::clone(store)))
    };
    let (one, two) = (of("whois", &store), of("whois", &store));
    let guard = one.acquire().await;
    assert!(timeout(SOME, two.acquire()).await.is_err());
    assert!(timeout(SOME, of("other", &store).acquire()).await.is_ok());
    let elsewhere: Arc<dyn Coordination> = Arc::new(MemoryStore::default());
    assert!(
        timeout(SOME, of("whois", &elsewhere).acquire())
            .await
            .is_ok()
    );

    guard.release(Duration::ZERO).await;
    let guard = timeout(SOME, two.acquire()).await.expect("it was released");
    assert!(timeout(SOME, one.acquire()).await.is_err());
    // Dropped half-way, as when the run is interrupted.
    drop(guard);
    timeout(SOME, one.acquire()).await.expect("it was given up");
}

#[tokio::test(start_paused = true)]
async fn without_a_store_no_process_is_waited_for() {
    let lock = ServiceLock::new(ProviderName::new("whois"), None);
    let _one = lock.acquire().await;
    let _two = timeout(SOME, lock.acquire())
        .await
        .expect("nobody knows of others");
}
