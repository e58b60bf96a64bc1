//! Disk and file of an SQLite inventory.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::sync::Arc;

use ipcascade_core::registry::Registry;
use ipcascade_core::settings::Settings;
use ipcascade_core::store::{OpenMode, Store, StoreErrorKind, StoreUrl};
use ipcascade_store_sqlite as _;
use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use crate::world::{Running, World, ended};

const URL: &str = "sqlite://inventory.db";

/// A small file system of the test's own at `mount`; `None`, said loudly, where nothing may be mounted.
fn mounting(world: &World, size: &str) -> Option<String> {
    let folder = world.sandbox.path("mount");
    fs::create_dir(&folder).unwrap();
    let mount = format!(
        "mount -t tmpfs -o size={size} tmpfs '{}' || exit 77",
        folder.display()
    );
    let tried = std::process::Command::new("unshare")
        .args(["--mount", "sh", "-c", &mount])
        .output();
    let is_possible = tried.is_ok_and(|output| output.status.success());
    if !is_possible {
        let skipped = b"SKIPPED: no file system can be mounted here; a full and a read-only disk are not tried\n";
        std::io::stderr().write_all(skipped).unwrap();
    }
    is_possible.then_some(mount)
}

#[test]
fn a_full_disk_is_named_and_what_was_committed_stays() {
    let world = World::new();
    let Some(mount) = mounting(&world, "300k") else {
        return;
    };
    let url = "sqlite://mount/inventory.db";
    let script = format!(
        "{mount}\n\"$@\"\necho \"code $?\"\n\
         mount -o remount,size=64m mount || exit 77\n\
         \"$1\" --db {url} verify >verified || exit 78\n\"$@\" || exit 79"
    );
    let mut command = std::process::Command::new("unshare");
    let program = world.sandbox.command(&world.enrich(url));
    command.args(["--mount", "sh", "-c", &script, "sh"]);
    command.arg(program.get_program()).args(program.get_args());
    command.current_dir(program.get_current_dir().unwrap());
    command.env("HOME", world.sandbox.path("."));
    let run = ended(&mut command).expect(0);
    assert!(run.stdout.contains("code 3"), "{run:?}");
    assert!(run.stderr.contains("make room on the disk"), "{run:?}");
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_not_the_end_of_the_process() {
    let world = World::new();
    world.sandbox.run(&["--db", URL, "migrate"]).expect(0);
    let mut command = world.after("ulimit -f 600", &world.enrich(URL));
    let run = ended(&mut command).expect(3);
    assert!(run.stderr.contains("check the disk"), "{run:?}");
    world.verified(URL);
    world.filled(URL).assert_same(&world.undisturbed());
}

/// The file as a program leaves it that is killed: what it wrote last is in the log.
async fn left_behind(world: &World) {
    let path = world.sandbox.path("inventory.db");
    let mut other = SqliteConnection::connect(&path.display().to_string())
        .await
        .unwrap();
    sqlx::raw_sql("CREATE TABLE of_another_program (id INTEGER)")
        .execute(&mut other)
        .await
        .unwrap();
    for end in ["", "-wal"] {
        let (from, to) = (format!("inventory.db{end}"), format!("left.db{end}"));
        let copied = fs::copy(world.sandbox.path(&from), world.sandbox.path(&to)).unwrap();
        assert!(copied > 0, "{to} is empty");
    }
    other.close().await.unwrap();
}

#[tokio::test]
async fn a_read_only_file_system_is_named() {
    let world = World::new();
    let Some(mount) = mounting(&world, "64m") else {
        return;
    };
    world.filled(URL);
    left_behind(&world).await;
    let script =
        format!("{mount}\ncp *.db *.db-wal mount/ && mount -o remount,ro mount || exit 77\n\"$@\"");
    let log = "what was written last is in its write-ahead log";
    for (file, args, code, message) in [
        ("inventory.db", &["stats"][..], 0, ""),
        ("inventory.db", &["verify"], 0, ""),
        (
            "inventory.db",
            &["enrich", "cowrie.json"],
            3,
            "mounted read-only",
        ),
        ("inventory.db", &["migrate"], 3, "mounted read-only"),
        ("new.db", &["enrich", "cowrie.json"], 3, "mounted read-only"),
        ("left.db", &["stats"], 3, log),
        (
            "left.db",
            &["enrich", "cowrie.json"],
            3,
            "mounted read-only",
        ),
    ] {
        let url = format!("sqlite://mount/{file}");
        let db = ["--db", &*url, "--offline", "--mmdb", "asn.mmdb"];
        let program = world.sandbox.command(&[&db[..], args].concat());
        let mut command = std::process::Command::new("unshare");
        command.args(["--mount", "sh", "-c", &script, "sh"]);
        command.arg(program.get_program()).args(program.get_args());
        command.current_dir(program.get_current_dir().unwrap());
        command.env("HOME", world.sandbox.path("."));
        let run = ended(&mut command).expect(code);
        assert!(run.stderr.contains(message), "{args:?}: {run:?}");
    }
}

/// A run that waits for the lock of the file while something happens to it.
async fn disturbed(world: &World, disturb: impl FnOnce()) -> ipcascade_testkit::program::Run {
    world.sandbox.run(&["--db", URL, "migrate"]).expect(0);
    let path = world.sandbox.path("inventory.db");
    let mut other = SqliteConnection::connect(&path.display().to_string())
        .await
        .unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let mut running = Running::start(&mut world.sandbox.command(&world.enrich(URL)));
    let line = running.until("waiting for the lock of inventory.db");
    assert!(line.contains("store.busy_timeout"), "{line}");
    disturb();
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    running.end()
}

#[tokio::test]
async fn a_program_that_holds_the_lock_is_waited_for_and_that_is_said() {
    let world = World::new();
    let run = disturbed(&world, || {}).await.expect(0);
    assert_eq!(
        run.stderr.matches("waiting for the lock").count(),
        1,
        "{run:?}"
    );
    world.verified(URL).assert_same(&world.undisturbed());
}

#[tokio::test]
async fn a_file_that_is_deleted_during_a_run_is_not_reported_as_written() {
    let world = World::new();
    let path = world.sandbox.path("inventory.db");
    let run = disturbed(&world, || fs::remove_file(&path).unwrap())
        .await
        .expect(3);
    assert!(
        run.stderr
            .contains("inventory.db: the file was deleted while it was in use"),
        "{run:?}"
    );
    world.filled(URL).assert_same(&world.undisturbed());
}

#[tokio::test]
async fn a_file_that_is_replaced_during_a_run_is_not_reported_as_written() {
    let world = World::new();
    let path = world.sandbox.path("inventory.db");
    let older = world.sandbox.path("older.db");
    world
        .sandbox
        .run(&["--db", "sqlite://older.db", "migrate"])
        .expect(0);
    let run = disturbed(&world, || {
        for end in ["-wal", "-shm"] {
            fs::remove_file(format!("{}{end}", path.display())).unwrap();
        }
        fs::rename(&older, &path).unwrap();
    })
    .await
    .expect(3);
    assert!(
        run.stderr.contains("was replaced by another file"),
        "{run:?}"
    );
    // The older one has not been touched.
    world.verified(URL);
    world.filled(URL).assert_same(&world.undisturbed());
}

#[tokio::test]
async fn after_the_last_commit_the_file_is_looked_at_once_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let url = StoreUrl::sqlite(&path);
    let factory = Registry::linked().unwrap().store(&url).unwrap();
    let settings = Settings::empty("store");
    let store: Arc<dyn Store> = factory
        .opener
        .open(&url, &settings, OpenMode::Write)
        .await
        .unwrap();
    store.check_place().await.unwrap();
    fs::remove_file(&path).unwrap();
    let error = store.check_place().await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error}");
    store.close().await;
}

#[test]
fn damaged_pages_are_named_and_nothing_is_written() {
    let world = World::new();
    world.filled(URL);
    let path = world.sandbox.path("inventory.db");
    let size = fs::metadata(&path).unwrap().len();
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    // Not the first page, which makes it a database.
    file.seek(SeekFrom::Start(4096)).unwrap();
    let garbage = vec![0xa5; usize::try_from(size - 4096).unwrap()];
    file.write_all(&garbage).unwrap();
    drop(file);
    let before = fs::read(&path).unwrap();
    for args in [&["ip", "list"][..], &["verify"], &["stats"]] {
        let run = world
            .sandbox
            .run(&[&["--db", URL], args].concat())
            .expect(3);
        assert!(
            run.stderr.contains("the file is damaged"),
            "{args:?}: {run:?}"
        );
    }
    let run = world.sandbox.run(&world.enrich(URL)).expect(3);
    assert!(run.stderr.contains("the file is damaged"), "{run:?}");
    assert!(
        fs::read(&path).unwrap() == before,
        "it is as it was, to be recovered"
    );
}

#[test]
fn a_file_of_something_else_is_named() {
    let world = World::new();
    world
        .sandbox
        .write("inventory.db", &"not a database ".repeat(1000));
    let run = world.sandbox.run(&world.enrich(URL)).expect(3);
    assert!(run.stderr.contains("is not an SQLite database"), "{run:?}");
}

/// A row whose key no rule allows is in no list, and that is said.
#[tokio::test]
async fn rows_that_no_list_can_have_are_counted() {
    let world = World::new();
    world.filled(URL);
    let path = world.sandbox.path("inventory.db");
    let mut store = SqliteConnection::connect(&path.display().to_string())
        .await
        .unwrap();
    let row = "INSERT INTO ip_inventory (ip_address, first_seen, last_seen)
        VALUES ('not-an-address', '2026-01-01 00:00:00', '2026-01-01 00:00:00')";
    sqlx::raw_sql(row).execute(&mut store).await.unwrap();
    store.close().await.unwrap();
    for args in [&["ip", "list", "--all"][..], &["ip", "export"], &["audit"]] {
        let run = world.sandbox.run(&world.with(URL, args)).expect(0);
        let said = "rows of ip_inventory whose key cannot be read, left out of the list: 1";
        assert!(run.stderr.contains(said), "{run:?}");
    }
}
