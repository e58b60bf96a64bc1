//! Opens and migrates stores, and reads odd rows.

use futures::future::join_all;
use ipcascade_core::store::{
    AddressQuery, AsnQuery, MigrateOptions, MigrationStep, OpenMode, SessionQuery, StoreErrorKind,
};

use crate::store::StoreSubject;
use crate::store::fixtures::{day, geo, nth, seen};
use crate::store::trial::Trial;

/// Opened for writing.
pub async fn an_opened_store_has_nothing_pending(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    assert_eq!(
        trial
            .store
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap(),
        []
    );
    assert!(!trial.store.describe().is_empty());
}

/// However often.
pub async fn migrating_again_does_nothing(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial
        .record(
            &[seen(nth(1), day(1), vec![geo(1, "X", "NL", day(1))])],
            day(1),
        )
        .await;
    let options = MigrateOptions::default();
    for _ in 0..3 {
        assert_eq!(trial.store.migrate(&options).await.unwrap(), []);
        trial.other().await.close().await;
    }
    let widen = MigrateOptions {
        widen_asn: true,
        ..options.clone()
    };
    assert_eq!(
        trial.store.migrate(&widen).await.unwrap(),
        [],
        "columns are wide already"
    );
    trial.check().await;
    assert_eq!(trial.address(nth(1)).await.address, nth(1));
}

/// A mistyped name is an error, and does not become an empty inventory in which all is well: neither where no database
/// is, nor in another program's database.
pub async fn only_writing_makes_an_inventory(subject: Box<dyn StoreSubject>) {
    let refuses = async || {
        for mode in [OpenMode::Read, OpenMode::Inspect, OpenMode::Update] {
            let error = subject.open(mode).await.expect_err("nothing is there");
            assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error:?}");
        }
    };
    refuses().await;
    subject
        .execute("CREATE TABLE something_else (n INTEGER)")
        .await;
    refuses().await;
    let plan = subject
        .open(OpenMode::Plan)
        .await
        .expect("it can be planned");
    let steps = plan.pending_migrations(&MigrateOptions::default()).await;
    plan.close().await;
    let has_none = |step: &MigrationStep| step.sql.starts_with("CREATE TABLE ip_inventory");
    assert!(steps.unwrap().iter().any(has_none));
    let trial = Trial::new(subject).await;
    assert_eq!(trial.store.totals().await.unwrap().addresses, 0);
    let update = trial.subject.open(OpenMode::Update).await;
    update.expect("now there is one").close().await;
}

/// It shows the migration and its SQL.
pub async fn opening_to_inspect_shows_and_changes_nothing(subject: Box<dyn StoreSubject>) {
    subject
        .execute("CREATE TABLE something_else (n INTEGER)")
        .await;
    let store = subject
        .open(OpenMode::Plan)
        .await
        .expect("it can be looked at");
    let steps = store
        .pending_migrations(&MigrateOptions::default())
        .await
        .unwrap();
    assert!(
        steps.iter().any(|step| step.sql.contains("ip_inventory")),
        "{steps:#?}"
    );
    assert!(steps.iter().all(|step| !step.description.is_empty()));
    assert_eq!(
        store
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap(),
        steps,
        "nothing was done"
    );
    store.close().await;
    let trial = Trial::new(subject).await;
    assert_eq!(
        trial
            .store
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap(),
        []
    );
    let others = trial
        .subject
        .rows("SELECT CAST(count(*) AS TEXT) FROM something_else")
        .await;
    assert_eq!(others, [[Some("0".to_owned())]]);
}

/// All of them find the tables created once.
pub async fn many_processes_may_open_an_empty_database_at_once(subject: Box<dyn StoreSubject>) {
    let stores = join_all((0..6).map(|_| subject.open(OpenMode::Write))).await;
    for store in stores {
        let store = store.expect("it opens");
        assert_eq!(store.totals().await.unwrap().addresses, 0);
    }
}

/// It does not write.
pub async fn a_reader_reads_what_was_written(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let update = [seen(nth(1), day(1), vec![geo(1, "X", "NL", day(1))])];
    trial.record(&update, day(1)).await;
    let reader = trial
        .subject
        .open(OpenMode::Read)
        .await
        .expect("it can be read");
    assert_eq!(
        reader.known(&[nth(1)]).await.unwrap(),
        [Some(trial.address(nth(1)).await)]
    );
    assert!(
        reader
            .verify(&trial.verify_options())
            .await
            .unwrap()
            .is_clean()
    );
    let written = crate::store::trial::record(&*reader, &trial.policy, &update, day(2)).await;
    assert!(written.is_err(), "a reader must not write");
}

/// Rows that no program of ours would write.
pub async fn odd_rows_do_not_break_reads(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial
        .record(
            &[seen(nth(1), day(1), vec![geo(1, "X", "NL", day(1))])],
            day(1),
        )
        .await;
    let mut values = Vec::new();
    for (i, document) in ["null", "[]", "\"text\"", "5", "{\"maxmind\": 3}", "\"{}\""]
        .iter()
        .enumerate()
    {
        values.push(format!("('12.0.0.{i}', '{document}')"));
    }
    values.push("('not-an-ip\nend', '{}')".to_owned());
    values.push("('', '{}')".to_owned());
    let insert = format!(
        "INSERT INTO ip_inventory (ip_address, first_seen, last_seen, session_count, enrichment) \
         SELECT '0.0.0.0', '2026-01-01 00:00:00', '2026-01-01 00:00:00.5+00:00', 0, '{{}}'; \
         {}",
        values
            .iter()
            .map(|value| format!(
                "INSERT INTO ip_inventory (ip_address, enrichment, first_seen, last_seen, \
                 session_count) VALUES {}, '2026-01-01 00:00:00', '2026-01-01', 0);",
                value.trim_end_matches(')')
            ))
            .collect::<Vec<_>>()
            .join(" ")
    );
    trial.subject.plant(&insert).await;
    let sessions = "INSERT INTO session_summaries (session_id, source_ip, event_count) VALUES \
                    ('no times', NULL, 0), ('no address', 'not-an-ip\nend', 1)";
    trial.subject.plant(sessions).await;
    let addresses = trial.address_texts(&AddressQuery::default()).await;
    assert_eq!(
        addresses.len(),
        8,
        "those that are addresses: {addresses:?}"
    );
    assert_eq!(trial.asns(&AsnQuery::default()).await.len(), 1);
    assert_eq!(trial.sessions(&SessionQuery::default()).await.len(), 2);
    let update = seen(
        "12.0.0.0".parse().unwrap(),
        day(2),
        vec![geo(2, "Y", "NL", day(2))],
    );
    trial.record_only(&[update], day(2)).await;
    trial.backfill(&trial.backfill_options()).await;
    trial.inventory_state().await.assert_statistics();
}
