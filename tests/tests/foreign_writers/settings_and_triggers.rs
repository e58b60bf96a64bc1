//! Neither settings nor triggers of the host keep a write from being counted.

use ipcascade_testkit::store::fixtures::{day, nth};
use ipcascade_tests::inventories::Engine;
use sqlx::{Connection as _, PgConnection};

use crate::inventory::{ADDRESSES, batch, filled, run, subject};

/// No leftover setting of a session, a role or a database lets other programs' writes go uncounted.
#[tokio::test]
async fn no_setting_keeps_others_from_being_counted() {
    let Some(subject) = subject(Engine::Postgres).await else {
        return;
    };
    let trial = filled(subject).await;
    let url = trial.subject.url().expose();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let add = |id: &str| {
        let address = nth(1);
        format!(
            "INSERT INTO session_summaries (session_id, source_ip) VALUES ('{id}', '{address}')"
        )
    };
    for (number, setting) in [
        "SELECT set_config('ipcascade.counted', 'on', false)",
        "SELECT set_config('ipcascade.settled', 'on', false)",
        // As after a transaction of ours in the same session, and after a failed one.
        "BEGIN; SELECT set_config('ipcascade.counted', pg_current_xact_id()::text, true); COMMIT",
        "BEGIN; SELECT set_config('ipcascade.counted', pg_current_xact_id()::text, true); ROLLBACK",
        // A mistake: set for the session.
        "BEGIN; SELECT set_config('ipcascade.counted', pg_current_xact_id()::text, false); COMMIT",
        "BEGIN; SELECT set_config('ipcascade.settled', pg_current_xact_id()::text, false); COMMIT",
        "BEGIN; SAVEPOINT s; SELECT set_config('ipcascade.counted', pg_current_xact_id()::text, true); \
         ROLLBACK TO s; INSERT INTO session_summaries (session_id, source_ip) VALUES \
         ('within', (SELECT min(ip_address) FROM ip_inventory)); COMMIT",
    ]
    .into_iter()
    .enumerate()
    {
        run(&mut connection, setting).await;
        run(&mut connection, &add(&format!("s{number}"))).await;
        trial.check().await;
    }
    assert_eq!(trial.address(nth(1)).await.session_count, 8);
}

/// Writes of the host's triggers to the same tables are counted too.
async fn triggers_of_the_host_are_counted(engine: Engine, trigger: &str) {
    let Some(subject) = subject(engine).await else {
        return;
    };
    let trial = filled(subject).await;
    trial.subject.execute(trigger).await;
    trial
        .record(&batch("second", 0..ADDRESSES + 3), day(2))
        .await;
    let new = trial.address(nth(ADDRESSES)).await;
    assert_eq!(new.session_count, 2, "one of ours, one of the host");
    let known = trial.address(nth(1)).await;
    assert_eq!(known.session_count, 2);
}

#[tokio::test]
async fn triggers_of_the_host_are_counted_in_sqlite() {
    let trigger = "CREATE TRIGGER host AFTER INSERT ON ip_inventory BEGIN \
        INSERT INTO session_summaries (session_id, source_ip) \
        VALUES ('host ' || NEW.ip_address, NEW.ip_address); END";
    triggers_of_the_host_are_counted(Engine::Sqlite, trigger).await;
}

#[tokio::test]
async fn triggers_of_the_host_are_counted_in_postgresql() {
    let trigger = "CREATE FUNCTION host() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        INSERT INTO session_summaries (session_id, source_ip) \
        VALUES ('host ' || NEW.ip_address, NEW.ip_address); RETURN NULL; END $$; \
        CREATE TRIGGER host AFTER INSERT ON ip_inventory FOR EACH ROW EXECUTE FUNCTION host()";
    triggers_of_the_host_are_counted(Engine::Postgres, trigger).await;
}
