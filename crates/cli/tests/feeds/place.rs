//! Where a feed is written, and what is there when it is not.

use std::fs;

use crate::inventory::{execute, feed, sandbox};

/// The names in the folder of the sandbox, without those of the inventory.
fn names(sandbox: &ipcascade_testkit::program::Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.path(".")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names
        .filter(|name| !name.starts_with("a.db") && name != "cowrie.json")
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let sandbox = sandbox();
    let stdout = feed(&sandbox, "plain", &[]).expect(0).stdout;
    sandbox.write("feed.txt", "old\n");
    let run = feed(&sandbox, "plain", &["--output", "feed.txt"]).expect(0);
    assert!(run.stdout.is_empty());
    assert_eq!(
        fs::read_to_string(sandbox.path("feed.txt")).unwrap(),
        stdout
    );
    assert_eq!(names(&sandbox), ["feed.txt"]);
}

#[test]
fn what_fails_leaves_the_old_feed() {
    let sandbox = sandbox();
    sandbox.write("feed.txt", "old\n");
    let nothing = [
        "--where",
        "session_count>1000",
        "--fail-if-empty",
        "-o",
        "feed.txt",
    ];
    for format in ["plain", "stix"] {
        feed(&sandbox, format, &nothing).expect(1);
    }
    // The store fails while the feed is being written.
    execute(
        &sandbox,
        &[
            "PRAGMA foreign_keys = OFF",
            "DROP TABLE ip_inventory",
            "CREATE TABLE ip_inventory (x)",
        ],
    );
    for format in ["plain", "stix"] {
        let run = feed(&sandbox, format, &["-o", "feed.txt"]);
        assert_ne!(run.code, 0, "{run:?}");
    }
    assert_eq!(
        fs::read_to_string(sandbox.path("feed.txt")).unwrap(),
        "old\n"
    );
    assert_eq!(names(&sandbox), ["feed.txt"]);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let sandbox = sandbox();
    fs::create_dir(sandbox.path("folder")).unwrap();
    for place in ["missing/feed.txt", "folder"] {
        let run = feed(&sandbox, "plain", &["-o", place]).expect(1);
        assert!(
            run.stderr.contains(&format!("cannot write {place}")),
            "{run:?}"
        );
    }
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let sandbox = sandbox();
    let file = sandbox.write("served/feed.txt", "old\n");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("served/feed.txt", sandbox.path("link")).unwrap();
    feed(&sandbox, "cidr", &["-o", "link"]).expect(0);
    assert!(sandbox.path("link").is_symlink());
    assert!(
        fs::read_to_string(&file)
            .unwrap()
            .starts_with("1.1.1.1/32\n")
    );
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    // A new one is as readable as any other new file.
    feed(&sandbox, "cidr", &["-o", "new.txt"]).expect(0);
    let other = sandbox.write("other.txt", "");
    let mode = |path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(sandbox.path("new.txt")), mode(other));
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_is_written_and_not_replaced() {
    let sandbox = sandbox();
    let run = feed(&sandbox, "plain", &["-o", "/dev/stdout"]).expect(0);
    assert!(run.stdout.starts_with("1.1.1.1\n"), "{run:?}");
    let run = feed(&sandbox, "plain", &["-o", "/dev/full"]).expect(1);
    assert!(run.stderr.contains("cannot write /dev/full"), "{run:?}");
}
