//! A throw-away PostgreSQL server, for tests and measurements.
//!
//! One server is started for each test process, in a temporary folder, on a loopback port. A watchdog process stops and
//! removes it when the test process ends, however it ends: the watchdog reads from a pipe that only the test process
//! holds open.
//!
//! `IPCASCADE_TEST_POSTGRES_URL` names a server to use instead (its role must be a superuser).

#![expect(
    clippy::expect_used,
    reason = "a server that does not start makes the test fail, as it must"
)]

mod connect;
mod database;
mod installation;
mod pooler;
mod server;

pub use database::FreshDatabase;
pub use pooler::Pooler;
pub use server::Server;

/// Returns a new database for one test, on the shared server. If PostgreSQL is not installed, reports that on standard
/// error and returns `None`; in CI that is a failure instead.
///
/// # Panics
///
/// If the server does not start, or if it is not installed and `CI` or `IPCASCADE_TEST_REQUIRE_POSTGRES` is set.
pub async fn fresh_database() -> Option<FreshDatabase> {
    Some(Server::shared()?.fresh_database().await)
}
