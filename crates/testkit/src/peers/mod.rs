//! Servers on loopback, in the process of the test, that answer by a script and misbehave as told.

pub mod dns;
pub mod whois;

use std::net::SocketAddr;

use tokio::net::TcpListener;

/// An address on loopback where nobody listens.
///
/// # Panics
///
/// When no port is free.
pub async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}
