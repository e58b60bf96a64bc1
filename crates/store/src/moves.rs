//! Which addresses moved from one AS to another.

use std::collections::{BTreeMap, VecDeque};

use futures::FutureExt as _;
use futures::stream::{self, BoxStream, StreamExt as _};
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{Move, StoreResult};

use crate::engine::{Access, Engine, ReadAddresses as _, ReadMoves as _};
use crate::stored_rows::StoredHistory;

/// How many addresses are read at once.
const PAGE: u64 = 1000;

/// The moves of addresses: each attribution to another AS than the one before. Attributions whose number is not an ASN are
/// passed over.
pub fn moves<E: Engine>(engine: &E) -> BoxStream<'_, StoreResult<Move>> {
    let reading = Reading {
        engine,
        after: None,
        is_done: false,
        ready: VecDeque::new(),
    };
    stream::try_unfold(reading, Reading::next).boxed()
}

struct Reading<'e, E> {
    engine: &'e E,
    /// The last key that was read.
    after: Option<String>,
    is_done: bool,
    ready: VecDeque<Move>,
}

impl<E: Engine> Reading<'_, E> {
    async fn next(mut self) -> StoreResult<Option<(Move, Self)>> {
        while self.ready.is_empty() && !self.is_done {
            let (engine, after) = (self.engine, self.after.as_deref());
            let read = async || {
                let mut tx = engine.begin(Access::Page).await?;
                let keys = tx.moved_keys(after, PAGE).await?;
                let history = tx.history(&keys).await?;
                Ok((keys, history))
            };
            let (keys, history) = engine.run("read attributions", || read().boxed()).await?;
            self.is_done = (keys.len() as u64) < PAGE;
            self.after = keys.into_iter().next_back();
            self.ready.extend(moves_in(&history));
        }
        let next = self.ready.pop_front();
        Ok(next.map(|next| (next, self)))
    }
}

/// The moves of some addresses.
fn moves_in(history: &[StoredHistory]) -> Vec<Move> {
    let mut by_key: BTreeMap<&str, Vec<(Timestamp, Address, Asn)>> = BTreeMap::new();
    for stored in history {
        if let Ok(row) = stored.decode() {
            let of_key = by_key.entry(&stored.key).or_default();
            of_key.push((row.observed_at, row.address, row.asn));
        }
    }
    let mut moves = Vec::new();
    for mut of_key in by_key.into_values() {
        of_key.sort_unstable();
        moves.extend(of_key.windows(2).filter_map(|pair| match pair {
            [(_, _, from), (observed_at, address, to)] if from != to => Some(Move {
                observed_at: *observed_at,
                address: *address,
                from: *from,
                to: *to,
            }),
            _ => None,
        }));
    }
    moves
}
