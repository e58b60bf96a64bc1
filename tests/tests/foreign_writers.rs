//! Other programs that write beside ours: their writes are counted exactly, at their commit, and they wait for nothing
//! that they did not wait for before.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use ipcascade_core::store::AddressUpdate;
use ipcascade_store_postgres as _;
use ipcascade_store_sqlite as _;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_testkit::store::fixtures::{day, geo, nth, policy, session, visited};
use ipcascade_testkit::store::invariants::InventoryState;
use ipcascade_testkit::store::trial::{Trial, record};
use ipcascade_tests::inventories::{Engine, Place};
use ipcascade_tests::subject::{PostgresSubject, SqliteSubject};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use xtask::rng::Rng;

const ADDRESSES: u32 = 120;
const ASNS: u32 = 12;

/// An inventory in which every AS has addresses, and every address a session.
async fn filled(subject: Box<dyn StoreSubject>) -> Trial {
    let trial = Trial::new(subject).await;
    trial.record(&batch("first", 0..ADDRESSES), day(1)).await;
    trial
}

fn batch(name: &str, addresses: std::ops::Range<u32>) -> Vec<AddressUpdate> {
    let update = |i: u32| {
        let sessions = vec![session(&format!("{name}-{i}"), "pot", (1, 2), 1)];
        let mut update = visited(nth(i), sessions);
        let number = 65_001 + i % ASNS;
        update.answers.push(geo(number, "X", "NL", day(1)));
        update
    };
    addresses.map(update).collect()
}

async fn subject(engine: Engine) -> Option<Box<dyn StoreSubject>> {
    Some(match engine {
        Engine::Sqlite => Box::new(SqliteSubject::new()),
        Engine::Postgres => Box::new(PostgresSubject::new().await?),
    })
}

async fn run(connection: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{error}\nin: {statements}"));
}

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

/// A transaction of another program: sessions of any addresses in any order, or one address. (A program that updates
/// several addresses in arbitrary order deadlocks even by itself.)
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn transaction(writer: u64, number: u64, rng: &mut Rng) -> String {
    let any = |rng: &mut Rng| nth(u32::try_from(rng.below(ADDRESSES.into())).unwrap());
    let id = |rng: &mut Rng| format!("w{writer}-{}", rng.below(40));
    let mut statements = vec!["BEGIN".to_owned()];
    if rng.below(3) == 0 {
        let (address, own) = (any(rng), format!("12.0.{writer}.{}", rng.below(20)));
        let asn = 65_001 + rng.below(u64::from(ASNS) + 2);
        statements.push(match rng.below(4) {
            0 => format!(
                "INSERT INTO ip_inventory (ip_address, first_seen, last_seen, enrichment) VALUES \
                 ('{own}', '2026-01-02 00:00:00', '2026-01-03 00:00:00', '{{}}') \
                 ON CONFLICT (ip_address) DO NOTHING"
            ),
            1 => format!("DELETE FROM ip_inventory WHERE ip_address = '{own}'"),
            2 => {
                format!("UPDATE ip_inventory SET current_asn = NULL WHERE ip_address = '{address}'")
            }
            _ => format!(
                "UPDATE ip_inventory SET current_asn = {asn} WHERE ip_address = '{address}' \
                 AND EXISTS (SELECT 1 FROM asn_inventory WHERE asn_number = {asn})"
            ),
        });
    } else {
        for _ in 0..=rng.below(4) {
            let statement = match rng.below(5) {
                0 => format!(
                    "DELETE FROM session_summaries WHERE session_id = '{}'",
                    id(rng)
                ),
                1 => format!(
                    "UPDATE session_summaries SET source_ip = '{}' WHERE session_id = '{}'",
                    any(rng),
                    id(rng)
                ),
                2 => {
                    let row = |rng: &mut Rng| format!("('{}', '{}')", id(rng), any(rng));
                    let rows = [row(rng), row(rng), row(rng)].join(", ");
                    format!(
                        "INSERT INTO session_summaries (session_id, source_ip) VALUES {rows} \
                         ON CONFLICT (session_id) DO NOTHING"
                    )
                }
                _ => format!(
                    "INSERT INTO session_summaries (session_id, source_ip) VALUES ('{}', '{}') \
                     ON CONFLICT (session_id) DO NOTHING",
                    id(rng),
                    any(rng)
                ),
            };
            match rng.below(5) {
                0 => statements.extend([
                    format!("SAVEPOINT s{number}"),
                    statement,
                    format!("ROLLBACK TO s{number}"),
                ]),
                _ => statements.push(statement),
            }
        }
    }
    statements.push(
        if rng.below(6) == 0 {
            "ROLLBACK"
        } else {
            "COMMIT"
        }
        .to_owned(),
    );
    statements.join("; ")
}

/// Arbitrary transactions of four programs, beside two processes of ours on the same addresses: none fails, and
/// everything is counted.
async fn any_transactions_are_counted(engine: Engine, transactions: u64) {
    let Some(place) = Place::new(engine).await else {
        return;
    };
    let open = || place.subject.open(ipcascade_core::store::OpenMode::Write);
    let first = open().await.unwrap();
    let everything = batch("first", 0..ADDRESSES);
    record(&*first, &policy(), &everything, day(1))
        .await
        .unwrap();
    let writers = (0..4).map(|writer| {
        let subject = Arc::clone(&place.subject);
        tokio::spawn(async move {
            let mut rng = Rng::new(writer);
            for number in 0..transactions {
                subject
                    .execute(&transaction(writer, number, &mut rng))
                    .await;
            }
        })
    });
    let mut tasks: Vec<_> = writers.collect();
    for process in 0..2 {
        let store = open().await.unwrap();
        tasks.push(tokio::spawn(async move {
            for number in 0..transactions / 4 {
                let updates = batch(&format!("ours-{process}-{number}"), 0..ADDRESSES);
                record(&*store, &policy(), &updates, day(1)).await.unwrap();
            }
            store.close().await;
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    first.close().await;
    let state = InventoryState::read(&*place.subject).await;
    state.assert_statistics();
    state.assert_sessions_counted();
    if engine == Engine::Postgres {
        for table in ["ipcascade_pending_sessions", "ipcascade_pending_addresses"] {
            let query = format!("SELECT count(*)::text FROM {table}");
            let left = place.subject.rows(&query).await;
            assert_eq!(left, [[Some("0".to_owned())]]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_transactions_are_counted_in_postgresql() {
    any_transactions_are_counted(Engine::Postgres, 120).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_transactions_are_counted_in_sqlite() {
    any_transactions_are_counted(Engine::Sqlite, 60).await;
}

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
