//! One session at a time of this process with each service, as Team Cymru asks.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

/// Held during a session; when the last one has ended.
pub(super) type Turn = tokio::sync::Mutex<Option<tokio::time::Instant>>;

static TURNS: LazyLock<Mutex<HashMap<String, Weak<Turn>>>> = LazyLock::new(Mutex::default);

/// The turn for the service at `address`, which everybody in this process shares.
pub(super) fn turn_of(address: &str) -> Arc<Turn> {
    let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    turns.retain(|_, turn| turn.strong_count() > 0);
    if let Some(turn) = turns.get(address).and_then(Weak::upgrade) {
        return turn;
    }
    let turn = Arc::default();
    turns.insert(address.to_owned(), Arc::downgrade(&turn));
    turn
}
