//! Data of newer files is kept on machines with older ones, and that is reported.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::world::World;

/// A world with one list, modified this many days ago.
fn written(world: &World, content: &str, days_ago: u64) {
    let path = world.sandbox.write("list.txt", content);
    let file = std::fs::File::options().write(true).open(path).unwrap();
    let at = SystemTime::now() - Duration::from_secs(86_400 * days_ago);
    file.set_modified(at).unwrap();
}

fn lists(world: &World) -> Value {
    world.stored("5.1.0.1")["lists"].take()
}

#[test]
fn older_files_undo_nothing_unasked_and_a_warning_says_so() {
    let world = World::new();
    let table = "[store]\nurl = \"sqlite://inventory.db\"\n[[providers.lists.list]]\nname = \"l\"\nfiles = [\"list.txt\"]\n";
    world.sandbox.write("ipcascade.toml", table);
    let enrich = |more: &[&str]| {
        let args = [&["enrich", "5.1.0.1"], more].concat();
        world.sandbox.run(&args).expect(0).stderr
    };
    written(&world, "5.1.0.0/16\n", 100);
    assert!(!enrich(&[]).contains("newer"));
    written(&world, "6.0.0.0/8\n", 200);
    let said = enrich(&[]);
    assert!(
        said.contains("lists is stored for 1 address from newer files"),
        "{said}"
    );
    let explained = world
        .sandbox
        .run(&["lookup", "--explain", "5.1.0.1"])
        .expect(0);
    assert!(
        explained.stdout.contains("from newer data than is here"),
        "{explained:?}"
    );
    assert!(!enrich(&["--refresh"]).contains("newer"));
    let explained = world
        .sandbox
        .run(&["lookup", "--explain", "5.1.0.1"])
        .expect(0);
    assert!(explained.stdout.contains("not found"), "{explained:?}");
    assert_eq!(lists(&world), Value::Null);
}
