//! A separate database for each test.

use sqlx::AssertSqlSafe;

use super::connect::connect;

/// A database that is dropped with this value.
#[derive(Debug)]
pub struct FreshDatabase {
    url: String,
    admin: String,
    name: String,
}

impl FreshDatabase {
    pub(super) const fn new(url: String, admin: String, name: String) -> Self {
        Self { url, admin, name }
    }

    /// Its URL, including the password.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for FreshDatabase {
    /// Runs on a thread with a runtime of its own, because that of the test may be gone already.
    fn drop(&mut self) {
        let (admin, name) = (self.admin.clone(), self.name.clone());
        let dropper = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime can be made");
            runtime.block_on(async {
                let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                let mut connection = connect(&admin).await;
                sqlx::raw_sql(AssertSqlSafe(statement))
                    .execute(&mut connection)
                    .await
            })
        });
        let dropped = dropper.join();
        if !std::thread::panicking() {
            dropped
                .expect("the dropping thread ends")
                .expect("the database can be dropped");
        }
    }
}
