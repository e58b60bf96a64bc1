//! Where the server's programs are, and which user may run them.

use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Finds the folder that holds `initdb`, `pg_ctl` and `postgres`.
pub(super) fn programs() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect());
    let on_path: Vec<PathBuf> = on_path.unwrap_or_default();
    on_path.into_iter().chain(debian_folders()).find(|folder| {
        ["initdb", "pg_ctl", "postgres"]
            .iter()
            .all(|program| folder.join(program).is_file())
    })
}

/// `/usr/lib/postgresql/*/bin`, newest version first.
fn debian_folders() -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir("/usr/lib/postgresql") else {
        return Vec::new();
    };
    let mut versions: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort_unstable();
    versions
        .into_iter()
        .rev()
        .map(|(_, folder)| folder)
        .collect()
}

/// Whether the environment requires the tests to run.
pub(super) fn is_required() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    is_set("CI") || is_set("IPCASCADE_TEST_REQUIRE_POSTGRES")
}

/// Reports on the real standard error (which the test harness does not capture) that tests are skipped.
///
/// # Panics
///
/// If the environment requires the tests to run.
pub(super) fn report_missing() {
    assert!(
        !is_required(),
        "no PostgreSQL server: initdb, pg_ctl and postgres are neither on PATH nor in \
         /usr/lib/postgresql/*/bin; install them or set IPCASCADE_TEST_POSTGRES_URL"
    );
    let message = "SKIPPED: no PostgreSQL server programs found; tests of that store are not run\n";
    std::io::stderr()
        .write_all(message.as_bytes())
        .expect("standard error is there");
}

/// A user that can run the server.
#[derive(Clone, Copy, Debug)]
pub(super) struct User {
    /// The user ID.
    pub(super) uid: u32,
    /// The group ID.
    pub(super) gid: u32,
}

/// The user to switch to if this process runs as root, which the server refuses to do.
pub(super) fn unprivileged_user(folder: &Path) -> Option<User> {
    let owner = std::fs::metadata(folder)
        .expect("the folder was just made")
        .uid();
    if owner != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
    let find = |name: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next()? == name).then_some(())?;
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            Some(User { uid, gid })
        })
    };
    let user = find("postgres").or_else(|| find("nobody"));
    Some(user.expect("running as root needs a user `postgres` or `nobody` to run the server as"))
}
