//! What is counted at a commit, and which transaction gives way.

use ipcascade_testkit::store::fixtures::{day, nth};
use ipcascade_tests::inventories::Engine;
use sqlx::{Connection as _, PgConnection};

use crate::inventory::{ADDRESSES, batch, filled, run, subject};

/// One program stores a session of one AS and then one of another, a second program does it the other way round, each
/// before the other has committed.
#[tokio::test]
async fn writers_that_cross_both_commit() {
    let Some(subject) = subject(Engine::Postgres).await else {
        return;
    };
    let trial = filled(subject).await;
    let url = trial.subject.url().expose();
    let mut one = PgConnection::connect(&url).await.unwrap();
    let mut other = PgConnection::connect(&url).await.unwrap();
    let add = |id: &str, i: u32| {
        let address = nth(i);
        format!(
            "INSERT INTO session_summaries (session_id, source_ip) VALUES ('{id}', '{address}')"
        )
    };
    run(&mut one, "BEGIN").await;
    run(&mut other, "BEGIN").await;
    run(&mut one, &add("one a", 1)).await;
    run(&mut other, &add("other b", 2)).await;
    run(&mut one, &add("one b", 2)).await;
    run(&mut other, &add("other a", 1)).await;
    tokio::join!(run(&mut one, "COMMIT"), run(&mut other, "COMMIT"));
    trial.check().await;
    assert_eq!(trial.address(nth(1)).await.session_count, 3);
    assert_eq!(trial.address(nth(2)).await.session_count, 3);
}

/// What is settled in the middle of a transaction is not settled again; what comes after it is.
#[tokio::test]
async fn constraints_may_be_made_immediate() {
    let Some(subject) = subject(Engine::Postgres).await else {
        return;
    };
    let trial = filled(subject).await;
    let add = |id: &str| {
        let address = nth(1);
        format!(
            "INSERT INTO session_summaries (session_id, source_ip) VALUES ('{id}', '{address}')"
        )
    };
    for (number, statements) in [
        format!("{}; SET CONSTRAINTS ALL IMMEDIATE; {}", add("a"), add("b")),
        format!(
            "SET CONSTRAINTS ALL IMMEDIATE; {}; {}; {}",
            add("c"),
            add("d"),
            add("e")
        ),
        format!(
            "{}; SET CONSTRAINTS ALL IMMEDIATE; SAVEPOINT s; {}; ROLLBACK TO s; {}; \
             SET CONSTRAINTS ALL DEFERRED; {}",
            add("f"),
            add("g"),
            add("h"),
            add("i")
        ),
    ]
    .iter()
    .enumerate()
    {
        trial
            .subject
            .execute(&format!("BEGIN; {statements}; COMMIT"))
            .await;
        trial.check().await;
        let left = "SELECT CAST(count(*) AS TEXT) FROM ipcascade_pending_sessions";
        assert_eq!(
            trial.subject.rows(left).await,
            [[Some("0".to_owned())]],
            "{number}"
        );
    }
    assert_eq!(trial.address(nth(1)).await.session_count, 9);
}

/// A trigger of the host that writes while counts are being settled is counted too.
#[tokio::test]
async fn what_is_written_while_counts_are_settled_is_counted() {
    let Some(subject) = subject(Engine::Postgres).await else {
        return;
    };
    let trial = filled(subject).await;
    let host = "CREATE FUNCTION host() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        INSERT INTO session_summaries (session_id, source_ip) \
        VALUES ('host ' || NEW.session_count || NEW.ip_address, NEW.ip_address) \
        ON CONFLICT (session_id) DO NOTHING; RETURN NULL; END $$; \
        CREATE TRIGGER host AFTER UPDATE OF session_count ON ip_inventory FOR EACH ROW \
        WHEN (NEW.session_count = 2) EXECUTE FUNCTION host()";
    trial.subject.execute(host).await;
    let one = nth(1);
    let add =
        format!("INSERT INTO session_summaries (session_id, source_ip) VALUES ('a', '{one}')");
    trial.subject.execute(&add).await;
    trial.check().await;
    assert_eq!(trial.address(one).await.session_count, 3);
    // The same while a repair assigns the sessions of another spelling to a row.
    let odd = "INSERT INTO ip_inventory (ip_address, enrichment) VALUES ('::ffff:11.9.9.9', '{}'); \
        INSERT INTO session_summaries (session_id, source_ip) VALUES ('o1', '::ffff:11.9.9.9'), \
        ('o2', '::ffff:11.9.9.9'), ('o3', '::ffff:11.9.9.9')";
    trial.subject.execute(odd).await;
    trial.repair(&trial.repair_options()).await;
    trial.check().await;
    let row = trial.address("11.9.9.9".parse().unwrap()).await;
    assert_eq!(row.session_count, 3);
}

/// Another program updates two addresses in its own order while a batch of ours has both: ours gives way.
#[tokio::test]
async fn a_program_that_holds_a_row_is_not_made_the_victim() {
    let Some(subject) = subject(Engine::Postgres).await else {
        return;
    };
    // In a deadlock, the transaction that checks first is the victim: without this it could be the other program's.
    let look = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''1h''', \
                current_database()); END $$";
    subject.execute(look).await;
    let trial = filled(subject).await;
    let url = trial.subject.url().expose();
    let mut foreign = PgConnection::connect(&url).await.unwrap();
    run(&mut foreign, "SET deadlock_timeout = '1s'").await;
    let touch = |i: u32| {
        let address = nth(i);
        format!("UPDATE ip_inventory SET last_seen = last_seen WHERE ip_address = '{address}'")
    };
    run(&mut foreign, "BEGIN").await;
    run(&mut foreign, &touch(7)).await;
    let updates = batch("second", 0..ADDRESSES);
    let ours = trial.record_only(&updates, day(2));
    let theirs = async {
        let waiting = "SELECT CAST(count(*) AS TEXT) FROM pg_stat_activity \
                       WHERE wait_event_type = 'Lock' AND datname = current_database()";
        while trial.subject.rows(waiting).await == [[Some("0".to_owned())]] {}
        for i in 0..7 {
            run(&mut foreign, &touch(i)).await;
        }
        run(&mut foreign, "COMMIT").await;
    };
    let (report, ()) = tokio::join!(ours, theirs);
    assert_eq!(report.sessions_new, u64::from(ADDRESSES));
    trial.check().await;
}
