//! Connects to the server of the tests.

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

pub(super) async fn connect(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().expect("the URL was made here");
    PgConnection::connect_with(&options)
        .await
        .expect("the server of the tests answers")
}
