//! A DNS server on loopback, UDP and TCP, that follows a script.

mod peer;
mod reply;
mod server;

pub use peer::DnsPeer;
pub use reply::{DnsReply, Via};
