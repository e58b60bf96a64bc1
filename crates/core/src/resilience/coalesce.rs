//! Addresses that are being looked up: a second caller waits for the answer to the first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::address::Address;
use crate::data_version::DataVersion;
use crate::lookup::Outcome;

/// An answer for those who wait: `None` until it arrives.
pub(super) type SharedAnswer = Option<(Outcome, Option<DataVersion>)>;

#[derive(Debug, Default)]
pub(super) struct InFlight(Arc<Mutex<HashMap<Address, watch::Receiver<SharedAnswer>>>>);

/// The right to look up an address. If it is dropped without an answer (the question was cancelled), a waiting caller
/// asks itself.
#[derive(Debug)]
pub(super) struct LookupPermit {
    address: Address,
    sender: watch::Sender<SharedAnswer>,
    in_flight: Arc<Mutex<HashMap<Address, watch::Receiver<SharedAnswer>>>>,
}

/// What a caller does about an address.
#[derive(Debug)]
pub(super) enum Ticket {
    /// Ask, and publish the answer.
    Ask(LookupPermit),
    /// Wait for the answer to another caller.
    Wait(watch::Receiver<SharedAnswer>),
}

impl InFlight {
    pub(super) fn enter(&self, address: Address) -> Ticket {
        let mut in_flight = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(receiver) = in_flight.get(&address) {
            return Ticket::Wait(receiver.clone());
        }
        let (sender, receiver) = watch::channel(None);
        in_flight.insert(address, receiver);
        Ticket::Ask(LookupPermit {
            address,
            sender,
            in_flight: Arc::clone(&self.0),
        })
    }
}

impl LookupPermit {
    /// Sends the answer to all who wait.
    pub(super) fn answer(self, outcome: Outcome, version: Option<DataVersion>) {
        self.sender.send_replace(Some((outcome, version)));
    }
}

impl Drop for LookupPermit {
    fn drop(&mut self) {
        let mut in_flight = self
            .in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        in_flight.remove(&self.address);
    }
}
