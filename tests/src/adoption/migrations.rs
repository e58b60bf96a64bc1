//! Adopting a database: the steps are shown, done once, and widen columns only when asked.

use ipcascade_core::store::{MigrateOptions, OpenMode};
use ipcascade_testkit::store::StoreSubject;
use ipcascade_testkit::store::fixtures::{asn, day, looked_up, nth, policy, whois};
use ipcascade_testkit::store::trial::{Trial, record};
use xtask::deployed::Flavour;

use crate::adoption::contents::{adopted, columns, contents};
use crate::adoption::deployment::deploy;

/// The steps have SQL, and inspecting them changes nothing.
pub async fn inspecting_shows_the_sql_and_changes_nothing(
    subject: Box<dyn StoreSubject>,
    flavour: Flavour,
) {
    deploy(&*subject, flavour).await;
    let before = (columns(&*subject, flavour).await, contents(&*subject).await);
    let store = subject
        .open(OpenMode::Inspect)
        .await
        .expect("it can be looked at");
    let steps = store
        .pending_migrations(&MigrateOptions::default())
        .await
        .expect("the steps are known");
    assert!(!steps.is_empty());
    for step in &steps {
        let sql = step.sql.to_ascii_uppercase();
        let changes_something = ["CREATE", "ALTER", "INSERT"]
            .iter()
            .any(|word| sql.contains(word));
        assert!(
            changes_something && !step.description.is_empty(),
            "{step:?}"
        );
        for forbidden in [
            "DROP TABLE",
            "DROP COLUMN",
            "RENAME TO",
            "RENAME COLUMN",
            "TRUNCATE TABLE",
        ] {
            assert!(!sql.contains(forbidden), "{step:?}");
        }
    }
    store.close().await;
    assert_eq!(
        (columns(&*subject, flavour).await, contents(&*subject).await),
        before
    );
}

/// When opened for writing; reading needs nothing.
pub async fn opening_adopts_and_leaves_nothing_pending(
    subject: Box<dyn StoreSubject>,
    flavour: Flavour,
) {
    let trial = adopted(subject, flavour).await;
    assert_eq!(
        trial
            .store
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        trial
            .store
            .migrate(&MigrateOptions::default())
            .await
            .unwrap(),
        []
    );
    let again = trial.other().await;
    assert_eq!(
        again
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap(),
        []
    );
}

/// Before widening, an ASN that does not fit the column is an error or is kept out, never a wrong number.
pub async fn widening_makes_room_for_every_asn(subject: Box<dyn StoreSubject>, flavour: Flavour) {
    let trial = adopted(subject, flavour).await;
    let update = [looked_up(
        nth(100),
        vec![whois(u32::MAX, "GREATEST", "NL", day(1))],
    )];
    let early = record(&*trial.store, &policy(), &update, day(1)).await;
    if let Err(error) = early {
        assert!(
            error.to_string().contains("widen"),
            "the error says what to do: {error}"
        );
    }
    let widen = MigrateOptions {
        widen_asn: true,
        ..MigrateOptions::default()
    };
    let announced = trial.store.pending_migrations(&widen).await.unwrap();
    let done = trial.store.migrate(&widen).await;
    assert_eq!(done.expect("columns can be widened"), announced);
    assert_eq!(
        trial.store.migrate(&widen).await.unwrap(),
        [],
        "once is enough"
    );
    let again = Trial {
        store: trial.other().await,
        ..trial
    };
    let update = [looked_up(
        nth(100),
        vec![whois(u32::MAX, "GREATEST", "NL", day(2))],
    )];
    again.record_only(&update, day(2)).await;
    assert_eq!(
        again.address(nth(100)).await.current_asn,
        Some(asn(u32::MAX))
    );
    assert_eq!(again.asn(u32::MAX).await.unique_ip_count, 1);
}
