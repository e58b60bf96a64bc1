//! The databases of our own stores, for the conformance kit.

mod postgres;
mod sqlite;

pub use postgres::PostgresSubject;
pub use sqlite::SqliteSubject;
