//! Stores under all the names that people use, and read-only stores.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use ipcascade_testkit::program::Sandbox;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade-under-test");
/// The user `nobody`, and its group.
const NOBODY: u32 = 65_534;

fn may(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A sandbox with a configured MMDB file.
fn sandbox_of(program: &Path) -> Sandbox {
    let sandbox = Sandbox::new(program);
    std::fs::write(sandbox.path("asn.mmdb"), xtask::mmdb::sample_asn().unwrap()).unwrap();
    sandbox.write(
        "ipcascade.toml",
        "[providers.maxmind]\nfiles = [\"~/asn.mmdb\"]\n",
    );
    sandbox.write("list.txt", "8.8.8.8\n1.1.1.1\n");
    sandbox
}

#[test]
fn reading_commands_work_where_nothing_may_be_written() {
    // Root may write anywhere, and other users may not be able to read the build folder.
    let programs = tempfile::tempdir().unwrap();
    may(programs.path(), 0o755);
    let program = programs.path().join("ipcascade");
    std::fs::copy(PROGRAM, &program).unwrap();
    may(&program, 0o755);
    let sandbox = sandbox_of(&program);
    let db = ["--offline", "--db", "sqlite://a.db"];
    let enrich = [&db[..], &["enrich", "list.txt"]].concat();
    sandbox.run(&enrich).expect(0);
    let (folder, file) = (sandbox.path("."), sandbox.path("a.db"));
    may(&file, 0o444);
    may(&folder, 0o555);
    let is_root = std::fs::metadata(&folder).unwrap().uid() == 0;
    let run = |args: &[&str]| {
        let mut command = sandbox.command(&[&db[..], args].concat());
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.output().unwrap()
    };
    for (args, message) in [
        (&["ip", "list"][..], "8.8.8.8"),
        (&["ip", "show", "8.8.8.8"], "8.8.8.8"),
        (&["ip", "export"], "1.1.1.1"),
        (&["asn", "list"], ""),
        (&["session", "list"], ""),
        (&["lookup", "8.8.8.8"], "first seen"),
        (&["stats"], "2"),
        (&["verify"], ""),
        (&["audit"], ""),
    ] {
        let output = run(args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {stderr}");
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(stdout.contains(message), "{args:?}: {stdout}{stderr}");
    }
    let refused = run(&["enrich", "9.9.9.9"]);
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    may(&file, if is_root { 0o600 } else { 0o000 });
    let unreadable = run(&["stats"]);
    assert_eq!(unreadable.status.code(), Some(3), "{unreadable:?}");
    let stderr = String::from_utf8_lossy(&unreadable.stderr);
    assert!(
        stderr.contains("this user may not read the file"),
        "{stderr}"
    );
    may(&folder, 0o755);
    let left = std::fs::read_dir(&folder).unwrap();
    let left = left.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with("a.db-")
    });
    assert_eq!(left.count(), 0, "nothing is made beside it");
}

#[test]
fn a_path_that_begins_at_home_is_there() {
    let sandbox = sandbox_of(Path::new(PROGRAM));
    std::fs::create_dir(sandbox.path("elsewhere")).unwrap();
    // The sandbox is the home and the working directory of the program.
    let enrich = |db: &str| ["--offline", "--db", db, "enrich", "list.txt"].map(str::to_owned);
    for db in ["~/elsewhere/a.db", "sqlite://~/elsewhere/b.db"] {
        let args = enrich(db);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        sandbox.run(&args).expect(0);
    }
    assert!(sandbox.path("elsewhere/a.db").is_file() && sandbox.path("elsewhere/b.db").is_file());
    assert!(!sandbox.path("~").exists());
    std::fs::create_dir(sandbox.path("etc")).unwrap();
    sandbox.write(
        "etc/c.toml",
        "[store]\nurl = \"~/elsewhere/a.db\"\n[providers.maxmind]\nfiles = [\"~/none.mmdb\"]\n",
    );
    let message = sandbox.run(&["--config", "etc/c.toml", "config", "check"]);
    let message = message.expect(2).stderr;
    assert!(
        message.contains("none.mmdb") && !message.contains("~/none.mmdb"),
        "{message}"
    );
    let listed = sandbox
        .run(&["--config", "etc/c.toml", "ip", "list"])
        .expect(0);
    assert!(listed.stdout.contains("8.8.8.8"));
}

#[test]
fn what_is_not_understood_of_a_url_is_refused_before_anything_is_opened() {
    let sandbox = sandbox_of(Path::new(PROGRAM));
    let before = std::fs::read_dir(sandbox.path(".")).unwrap().count();
    for (url, message) in [
        (
            "postgresql://h/d?sslmod=require",
            "`sslmod` is not understood",
        ),
        (
            "host=h dbname=d sslmod=require",
            "`sslmod` is not understood",
        ),
        ("sqlite://a.db?cache=shared", "`cache` is not understood"),
        ("prot=1 file=a.db", "names neither host nor dbname"),
    ] {
        for args in [
            &["--db", url, "config", "check"][..],
            &["--db", url, "enrich", "8.8.8.8"],
        ] {
            let run = sandbox.run(args).expect(2);
            assert!(run.stderr.contains(message), "{run:?}");
        }
    }
    let keywords = "host=127.0.0.1 port=1 user=u password=hunter2 dbname=d";
    let run = sandbox
        .run(&["--db", keywords, "enrich", "8.8.8.8"])
        .expect(3);
    assert!(
        run.stderr.contains("postgresql://u:***@127.0.0.1"),
        "{run:?}"
    );
    let shown = sandbox.run(&["--db", keywords, "config", "show"]).expect(0);
    assert!(!shown.stdout.contains("hunter2"), "{shown:?}");
    let made = std::fs::read_dir(sandbox.path(".")).unwrap();
    assert_eq!(made.count(), before);
}
