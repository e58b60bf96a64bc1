//! The server of a PostgreSQL inventory: gone, restarted, set up in unusual ways. (Hidden rows, search paths, replication:
//! `postgres_surroundings/`. Poolers: `postgres_pooler.rs`.)

use ipcascade_tests::inventories::Engine;
use ipcascade_tests::postgres::Server;
use sqlx::{Connection as _, PgConnection};

use crate::connections::Place;
use crate::world::{Running, World};

const QUICK: [(&str, &str); 2] = [
    ("IPCASCADE_STORE__CONNECT_TIMEOUT", "1s"),
    ("IPCASCADE_STORE__RETRIES", "1"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_stopped_is_named() {
    let Some(server) = Server::start() else {
        return;
    };
    let world = World::new();
    let database = server.fresh_database().await;
    let url = database.url().to_owned();
    world.filled(&url);
    drop((database, server));
    for args in [world.enrich(&url), vec!["--db", &url, "stats"]] {
        let run = world.sandbox.run_with(&QUICK, &args).expect(3);
        assert!(run.stderr.contains("check that the server runs"), "{run:?}");
    }
}

/// A run that waits for a lock while something happens to the server.
async fn disturbed(
    world: &World,
    url: &str,
    disturb: impl FnOnce(),
) -> ipcascade_testkit::program::Run {
    world.sandbox.run(&["--db", url, "migrate"]).expect(0);
    let mut other = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE asn_inventory IN ACCESS EXCLUSIVE MODE")
        .execute(&mut other)
        .await
        .unwrap();
    let mut command = world.sandbox.command(&world.enrich(url));
    command.envs(QUICK);
    let waiting = tokio::task::spawn_blocking(move || {
        let mut running = Running::start(&mut command);
        running.until("waiting for the table asn_inventory");
        running
    });
    let running = waiting.await.unwrap();
    disturb();
    // Of a server that was restarted, the connection is gone.
    drop(other.close().await);
    tokio::task::spawn_blocking(|| running.end()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_restarted_during_a_run_is_waited_for() {
    let Some(server) = Server::start() else {
        return;
    };
    let world = World::new();
    let database = server.fresh_database().await;
    let url = database.url().to_owned();
    disturbed(&world, &url, || server.restart()).await.expect(0);
    world.verified(&url).assert_same(&world.undisturbed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_stopped_during_a_run_ends_it() {
    let Some(server) = Server::start() else {
        return;
    };
    let world = World::new();
    let database = server.fresh_database().await;
    let url = database.url().to_owned();
    // The server is gone before somebody could drop the database.
    std::mem::forget(database);
    let run = disturbed(&world, &url, || drop(server)).await.expect(3);
    assert!(run.stderr.contains("check that the server runs"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_out_of_ours_names_its_setting_and_one_of_the_role_is_not_ours() {
    let Some(mut place) = Place::new("hurried", "").await else {
        return;
    };
    place
        .run("ALTER ROLE {role} SET statement_timeout = '2s'")
        .await;
    let world = World::new();
    let url = place.url();
    disturbed(&world, &url, || ()).await.expect(0);
    world.verified(&url).assert_same(&world.undisturbed());
    place
        .run("BEGIN; LOCK TABLE asn_inventory IN ACCESS EXCLUSIVE MODE")
        .await;
    let variables = [
        ("IPCASCADE_STORE__STATEMENT_TIMEOUT", "300ms"),
        ("IPCASCADE_STORE__LOCK_TIMEOUT", "0s"),
    ];
    let run = world
        .sandbox
        .run_with(&variables, &["--db", &url, "backfill"])
        .expect(3);
    assert!(run.stderr.contains("`store.statement_timeout`"), "{run:?}");
    place.run("COMMIT").await;
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_may_only_read_reads() {
    let Some(mut place) = Place::new("reader", "").await else {
        return;
    };
    let world = World::new();
    let owner = place.database.url().to_owned();
    let expected = world.filled(&owner);
    place
        .run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        .await;
    place
        .run("REVOKE CREATE ON SCHEMA public FROM {role}")
        .await;
    let url = place.url();
    for command in [
        &["stats"][..],
        &["ip", "list"],
        &["lookup", "9.9.9.9"],
        &["audit"],
    ] {
        world.sandbox.run(&world.with(&url, command)).expect(0);
    }
    world.verified(&url).assert_same(&expected);
    for command in [&["enrich", "9.9.9.9"][..], &["refresh"], &["backfill"]] {
        let args = world.with(&url, command);
        let run = world.sandbox.run(&args).expect(3);
        assert!(
            run.stderr.contains("--print-grants"),
            "{command:?}: {run:?}"
        );
    }
    world.verified(&owner).assert_same(&expected);
    place.end().await;
}

/// Each role may do what the statements that the program prints for it are for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn printed_grants_are_enough() {
    let Some(mut place) = Place::new("granted", "").await else {
        return;
    };
    let world = World::new();
    let owner = place.database.url().to_owned();
    world.filled(&owner);
    place
        .run("REVOKE ALL ON SCHEMA public FROM {role}, PUBLIC")
        .await;
    let url = place.url();
    for (rights, works, refused) in [
        ("read", &["stats"][..], &["refresh"][..]),
        ("read", &["verify"], &["enrich", "9.9.9.9"]),
        ("refresh", &["refresh"], &[]),
        ("write", &["enrich", "--refresh", "9.9.9.9"], &[]),
        ("write", &["backfill"], &[]),
        ("write", &["verify", "--repair"], &[]),
    ] {
        let args = ["migrate", "--print-grants", rights, "--role", place.role()];
        let printed = world.sandbox.run(&world.with(&owner, &args)).expect(0);
        place.run(&printed.stdout).await;
        let run = world.sandbox.run(&world.with(&url, works));
        assert!(run.code <= 1, "{rights} {works:?}: {run:?}");
        if !refused.is_empty() {
            world.sandbox.run(&world.with(&url, refused)).expect(3);
        }
    }
    let of_file = [
        "--db",
        "file.db",
        "migrate",
        "--print-grants",
        "read",
        "--role",
        "x",
    ];
    world.sandbox.run(&["--db", "file.db", "migrate"]).expect(0);
    let run = world.sandbox.run(&of_file).expect(2);
    assert!(run.stderr.contains("has no roles"), "{run:?}");
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_default_of_a_role_makes_a_difference() {
    let Some(mut place) = Place::new("unusual", "").await else {
        return;
    };
    for setting in [
        "default_transaction_isolation = 'serializable'",
        "default_transaction_deferrable = on",
        "DateStyle = 'SQL, DMY'",
        "IntervalStyle = 'sql_standard'",
        "TimeZone = 'Asia/Kathmandu'",
        "bytea_output = 'escape'",
        "extra_float_digits = -15",
        "standard_conforming_strings = off",
        "enable_indexscan = off",
        "search_path = 'nowhere'",
        "lock_timeout = '1ms'",
        "synchronous_commit = off",
    ] {
        place
            .run(&format!("ALTER ROLE {{role}} SET {setting}"))
            .await;
    }
    let world = World::new();
    let url = place.url();
    world.filled(&url).assert_same(&world.undisturbed());
    for command in [&["refresh"][..], &["backfill"]] {
        world.sandbox.run(&world.with(&url, command)).expect(0);
    }
    world.verified(&url).assert_same(&world.undisturbed());
    place.end().await;
}

/// What the server says when its disk is full or its pages are damaged, without either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_of_the_server_and_damaged_pages_are_named() {
    let Some(place) = ipcascade_tests::inventories::Place::new(Engine::Postgres).await else {
        return;
    };
    let world = World::new();
    let url = place.url();
    world.sandbox.run(&["--db", &url, "migrate"]).expect(0);
    for (code, message) in [
        ("53100", "make room on the disk of the server"),
        ("58030", "see the server's log"),
        ("XX001", "see the server's log"),
    ] {
        let fault = format!(
            "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE 'a fault of the machine' USING ERRCODE = '{code}'; END $$; \
             CREATE TRIGGER fault BEFORE INSERT ON ip_inventory FOR EACH STATEMENT EXECUTE FUNCTION fault()"
        );
        place.subject.execute(&fault).await;
        let run = world.sandbox.run(&world.enrich(&url)).expect(3);
        assert!(run.stderr.contains(message), "{code}: {run:?}");
        place.subject.execute("DROP FUNCTION fault CASCADE").await;
    }
    world.filled(&url).assert_same(&world.undisturbed());
}
