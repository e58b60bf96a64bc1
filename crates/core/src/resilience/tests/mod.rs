//! The wrapper around a scripted provider.

mod coalescing;
mod faults;
mod interrupts;
mod pauses;
mod retries;
mod scripted;
