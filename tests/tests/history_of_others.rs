//! The history of addresses that other programs change in ways specific to one SQL dialect.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use ipcascade_core::store::{Check, OpenMode, VerifyOptions};
use ipcascade_store_postgres as _;
use ipcascade_store_sqlite as _;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_testkit::store::fixtures::{day, policy};
use ipcascade_tests::subject::{PostgresSubject, SqliteSubject};

const ODD: &str = "2606:4700:0:0:0:0:0:1111";
const CANONICAL: &str = "2606:4700::1111";

async fn history(subject: &dyn StoreSubject) -> Vec<Vec<Option<String>>> {
    let query = "SELECT ip_address, CAST(asn_number AS TEXT) FROM ip_asn_history ORDER BY 1, 2";
    subject.rows(query).await
}

async fn lacks_history(subject: &dyn StoreSubject) -> bool {
    let store = subject.open(OpenMode::Read).await.unwrap();
    let policy = policy();
    let options = VerifyOptions {
        policy: &policy,
        examples: 5,
        now: day(9),
    };
    let report = store.verify(&options).await.unwrap();
    store.close().await;
    let mut found = report.violations.iter();
    found.any(|violation| violation.check == Check::HistoryMissing)
}

fn row(address: &str, asn: u32) -> Vec<Option<String>> {
    vec![Some(address.to_owned()), Some(asn.to_string())]
}

/// A move and a respelling in one statement: the history of that spelling continues.
async fn moved_and_renamed(subject: &dyn StoreSubject) {
    subject.open(OpenMode::Write).await.unwrap().close().await;
    let before = format!(
        "INSERT INTO asn_inventory (asn_number, first_seen, last_seen) VALUES \
         (65001, '2026-01-01', '2026-01-01'), (65002, '2026-01-01', '2026-01-01'); \
         INSERT INTO ip_inventory (ip_address, current_asn, first_seen, last_seen) \
         VALUES ('{ODD}', 65001, '2026-01-01', '2026-01-01')"
    );
    subject.execute(&before).await;
    let older = format!(
        "INSERT INTO ip_asn_history (ip_address, asn_number, observed_at) \
         VALUES ('{CANONICAL}', 65001, '2026-01-01 00:00:00')"
    );
    subject.plant(&older).await;
    let change = format!(
        "UPDATE ip_inventory SET ip_address = '{CANONICAL}', current_asn = 65002 \
         WHERE ip_address = '{ODD}'"
    );
    subject.execute(&change).await;
    let expected = [row(CANONICAL, 65001), row(CANONICAL, 65002)];
    assert_eq!(history(subject).await, expected);
    assert!(!lacks_history(subject).await);
}

/// An adopted history with a foreign key, and with a mandatory source: neither moves nor deletions by another program
/// fail because of them.
async fn deleted_despite_a_foreign_key(subject: &dyn StoreSubject) {
    let adopted = "CREATE TABLE ip_inventory (ip_address VARCHAR(45) PRIMARY KEY, current_asn INTEGER, \
            first_seen TIMESTAMP, last_seen TIMESTAMP); \
         CREATE TABLE ip_asn_history (ip_address VARCHAR(45) NOT NULL REFERENCES ip_inventory \
            (ip_address), asn_number INTEGER NOT NULL, observed_at TIMESTAMP NOT NULL, \
            verification_source VARCHAR(50) NOT NULL, PRIMARY KEY (ip_address, asn_number, observed_at)); \
         INSERT INTO ip_inventory VALUES ('11.0.0.1', 65001, '2026-01-01', '2026-01-01'), \
            ('11.0.0.2', 65001, '2026-01-01', '2026-01-01')";
    subject.execute(adopted).await;
    subject.open(OpenMode::Write).await.unwrap().close().await;
    subject
        .execute("UPDATE ip_inventory SET current_asn = 65002")
        .await;
    subject
        .execute("DELETE FROM ip_inventory WHERE ip_address = '11.0.0.1'")
        .await;
    let left = [row("11.0.0.2", 65001), row("11.0.0.2", 65002)];
    assert_eq!(history(subject).await, left);
    subject.execute("DELETE FROM ip_inventory").await;
    assert!(history(subject).await.is_empty());
}

macro_rules! on_both {
    ($($case:ident)*) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case(&super::SqliteSubject::new()).await;
                }
            )*
        }

        mod postgresql {
            $(
                #[tokio::test]
                async fn $case() {
                    if let Some(subject) = super::PostgresSubject::new().await {
                        super::$case(&subject).await;
                    }
                }
            )*
        }
    };
}

on_both! { moved_and_renamed deleted_despite_a_foreign_key }
