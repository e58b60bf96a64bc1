//! A PgBouncer in front of a server, in transaction mode: the session state that one client leaves behind is visible to
//! the next.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use super::FreshDatabase;
use super::installation::{User, is_required, unprivileged_user};
use super::server::free_port;

/// Ends the pooler when the test process ends, however it ends.
const WATCHDOG: &str = r#""$1" "$2" 2>&1 &
cat >/dev/null
kill -INT $! 2>/dev/null
wait"#;

/// A running pooler. Stopped when dropped.
#[derive(Debug)]
pub struct Pooler {
    url: String,
    watchdog: Child,
    _folder: TempDir,
}

impl Pooler {
    /// Starts a pooler in front of the server of `database`, with at most `size` connections to it. If PgBouncer is not
    /// installed, reports that on standard error and returns `None`; in CI that is a failure instead.
    ///
    /// # Panics
    ///
    /// If it does not start, or is missing where it is required.
    pub fn start(database: &FreshDatabase, size: u32) -> Option<Self> {
        let Some(program) = program() else {
            report_missing();
            return None;
        };
        let folder = tempfile::Builder::new()
            .prefix("ipcascade-pgbouncer-")
            .tempdir()
            .expect("a temporary folder can be made");
        let user = unprivileged_user(folder.path());
        let server = DatabaseUrl::of(database.url());
        // Another process may take the port between finding and using it.
        (0..5)
            .find_map(|_| {
                let port = free_port();
                let settings = write_settings(folder.path(), &server, port, size, user);
                let watchdog = listen(&program, &settings, user)?;
                Some((port, watchdog))
            })
            .map(|(port, watchdog)| Self {
                url: format!(
                    "postgresql://{}:{}@127.0.0.1:{port}/{}",
                    server.user, server.password, server.database
                ),
                watchdog,
                _folder: folder,
            })
            .map_or_else(|| panic!("PgBouncer does not start"), Some)
    }

    /// The URL of the database, through the pooler.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let ended = self.watchdog.wait();
        if let (Err(error), false) = (ended, std::thread::panicking()) {
            panic!("the pooler's watchdog: {error}");
        }
    }
}

/// The parts of a database's URL.
struct DatabaseUrl<'a> {
    user: &'a str,
    password: &'a str,
    host: &'a str,
    port: &'a str,
    database: &'a str,
}

impl<'a> DatabaseUrl<'a> {
    fn of(url: &'a str) -> Self {
        let (_, rest) = url.split_once("://").expect("a URL has `://`");
        let (rest, _) = rest.split_once('?').unwrap_or((rest, ""));
        let (user, place) = rest.rsplit_once('@').expect("it has a user");
        let (user, password) = user.split_once(':').unwrap_or((user, ""));
        let (place, database) = place.split_once('/').expect("it has a database");
        let (host, port) = place.rsplit_once(':').unwrap_or((place, "5432"));
        Self {
            user,
            password,
            host,
            port,
            database,
        }
    }
}

fn program() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect());
    let mut folders: Vec<PathBuf> = on_path.unwrap_or_default();
    folders.extend([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")]);
    folders
        .into_iter()
        .map(|folder| folder.join("pgbouncer"))
        .find(|program| program.is_file())
}

fn report_missing() {
    assert!(
        !is_required(),
        "no PgBouncer: it is neither on PATH nor in /usr/sbin; install it"
    );
    std::io::stderr()
        .write_all(b"SKIPPED: no PgBouncer found; tests behind a pooler are not run\n")
        .expect("standard error is there");
}

fn write_settings(
    folder: &Path,
    server: &DatabaseUrl<'_>,
    port: u16,
    size: u32,
    user: Option<User>,
) -> PathBuf {
    let DatabaseUrl {
        user: role,
        password,
        host,
        port: server_port,
        ..
    } = server;
    let (settings, users) = (folder.join("pgbouncer.ini"), folder.join("users"));
    let list = users.display();
    let text = format!(
        "[databases]\n* = host={host} port={server_port}\n\
         [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = plain\nauth_file = {list}\npool_mode = transaction\n\
         default_pool_size = {size}\nmax_client_conn = 200\n\
         log_connections = 0\nlog_disconnections = 0\nlog_stats = 0\n"
    );
    for (file, text) in [
        (&settings, text),
        (&users, format!("\"{role}\" \"{password}\"\n")),
    ] {
        std::fs::write(file, text).expect("the folder is writable");
    }
    if let Some(user) = user {
        for path in [folder, &settings, &users] {
            chown(path, Some(user.uid), Some(user.gid)).expect("root may give files away");
        }
    }
    settings
}

/// Starts it, and waits until it listens. `None` if it exits instead.
fn listen(program: &Path, settings: &Path, user: Option<User>) -> Option<Child> {
    let mut command = Command::new("sh");
    command
        .args(["-c", WATCHDOG, "watchdog"])
        .args([program, settings])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0);
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    let mut watchdog = command.spawn().expect("sh can be started");
    let said = watchdog.stdout.take().expect("it is a pipe");
    if is_up(said) {
        return Some(watchdog);
    }
    drop(watchdog.stdin.take());
    watchdog.wait().expect("it ends");
    None
}

fn is_up(said: ChildStdout) -> bool {
    let mut lines = BufReader::new(said).lines().map_while(Result::ok);
    let is_up = lines.by_ref().any(|line| {
        assert!(!line.contains("FATAL") || line.contains("in use"), "{line}");
        line.contains("process up")
    });
    // Its later output must be drained.
    std::thread::spawn(move || lines.for_each(drop));
    is_up
}
