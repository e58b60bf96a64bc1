//! Limits of the process: files, memory. (File sizes: `sqlite.rs`.)

use std::os::unix::process::ExitStatusExt as _;

use ipcascade_tests::inventories::{Engine, Place};

use crate::world::{World, ended};

/// Every limit from too few files for anything to enough for all.
fn with_few_files(world: &World, url: &str) {
    let mut ends = Vec::new();
    for files in [8, 9, 10, 12, 14, 16, 18, 24, 64] {
        let before = format!("ulimit -n {files}");
        let run = ended(&mut world.after(&before, &world.enrich(url)));
        let is_named =
            run.stderr.contains("Too many open files") || run.stderr.contains("ulimit -n");
        assert!(run.code == 0 || is_named, "{files}: {run:?}");
        assert!(matches!(run.code, 0..=3), "{files}: {run:?}");
        world.sandbox.run(&["--db", url, "verify"]).expect(0);
        ends.push(run.code);
    }
    assert_ne!(ends.first(), Some(&0), "{ends:?}");
    assert_eq!(ends.last(), Some(&0), "{ends:?}");
    world.verified(url).assert_same(&world.undisturbed());
}

#[test]
fn without_more_files_sqlite_fails_in_words() {
    let world = World::new();
    let url = "sqlite://inventory.db";
    world.sandbox.run(&["--db", url, "migrate"]).expect(0);
    with_few_files(&world, url);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_more_files_postgresql_fails_in_words() {
    let Some(place) = Place::new(Engine::Postgres).await else {
        return;
    };
    let world = World::new();
    let url = place.url();
    world.sandbox.run(&["--db", &url, "migrate"]).expect(0);
    with_few_files(&world, &url);
}

/// Without memory a process may end by a signal; what it has committed is right, and the next run ends the work.
#[test]
fn without_more_memory_nothing_is_left_by_halves() {
    let world = World::new();
    let url = "sqlite://inventory.db";
    world.sandbox.run(&["--db", url, "migrate"]).expect(0);
    for kilobytes in ["60000", "150000", "300000", "450000", "600000"] {
        let mut command = world.after(&format!("ulimit -v {kilobytes}"), &world.enrich(url));
        let output = command.output().unwrap();
        let is_killed = matches!(output.status.signal(), Some(6 | 11));
        let code = output.status.code();
        assert!(
            is_killed || matches!(code, Some(0..=3 | 127)),
            "{kilobytes}: {output:?}"
        );
        world.sandbox.run(&["--db", url, "verify"]).expect(0);
    }
    world.filled(url).assert_same(&world.undisturbed());
}
