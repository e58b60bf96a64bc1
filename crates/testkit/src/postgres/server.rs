//! Starts, restarts and stops the server.

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::Connection as _;

use super::connect::connect;
use super::database::FreshDatabase;
use super::installation::{User, programs, report_missing, unprivileged_user};

const OVERRIDE: &str = "IPCASCADE_TEST_POSTGRES_URL";
const ROLE: &str = "ipcascade";

/// Many connections, little memory, and no durability.
const IN_A_HURRY: &str = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off \
                          -c max_connections=200 -c shared_buffers=64MB";

/// Waits for the end of the test process, then stops the server and removes its folder.
const WATCHDOG: &str = r#"cat >/dev/null
"$1/pg_ctl" -D "$2/data" -m immediate -w stop >/dev/null 2>&1
rm -rf "$2""#;

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// The URL before the name of the database, and what follows the name.
    url: (String, String),
    running: Option<RunningServer>,
    databases: AtomicU32,
}

#[derive(Debug)]
struct RunningServer {
    programs: PathBuf,
    folder: PathBuf,
    user: Option<User>,
    watchdog: Child,
}

impl Server {
    /// The server that all tests of this process share.
    ///
    /// # Panics
    ///
    /// If it does not start, or is missing where it is required.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Server>> = OnceLock::new();
        SHARED
            .get_or_init(|| match std::env::var(OVERRIDE) {
                Ok(url) if !url.is_empty() => Some(Self::existing(&url)),
                _ => Self::start(),
            })
            .as_ref()
    }

    fn existing(url: &str) -> Self {
        let (url, query) = url
            .split_once('?')
            .map_or((url, String::new()), |(url, query)| {
                (url, format!("?{query}"))
            });
        let authority = url.find("://").expect("a URL has `://`") + 3;
        let end = url[authority..]
            .find('/')
            .map_or(url.len(), |at| authority + at);
        Self {
            url: (url[..end].to_owned(), query),
            running: None,
            databases: AtomicU32::new(0),
        }
    }

    /// Starts a server of the caller's own, which may be restarted at will. Stopped and removed when dropped.
    ///
    /// # Panics
    ///
    /// If it does not start, or is missing where it is required.
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            report_missing();
            return None;
        };
        Some(Self::launch(programs, &std::env::temp_dir(), IN_A_HURRY))
    }

    /// Starts a durable server with PostgreSQL's default settings, in a new folder below `parent`. `None` where
    /// PostgreSQL is not installed. Stopped and removed when dropped.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start_durable(parent: &Path) -> Option<Self> {
        Some(Self::launch(programs()?, parent, ""))
    }

    fn launch(programs: PathBuf, parent: &Path, settings: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("ipcascade-postgres-")
            .tempdir_in(parent)
            .expect("a temporary folder can be made")
            .keep();
        let user = unprivileged_user(&folder);
        if let Some(user) = user {
            chown(&folder, Some(user.uid), Some(user.gid)).expect("root may give folders away");
        }
        let watchdog = command(Path::new("sh"), &folder, user)
            .args(["-c", WATCHDOG, "watchdog"])
            .args([&programs, &folder])
            .stdin(Stdio::piped())
            // A signal to the process group of the tests (Ctrl-C) must not end it before its work is done.
            .process_group(0)
            .spawn()
            .expect("sh can be started");
        let running = RunningServer {
            programs,
            folder,
            user,
            watchdog,
        };
        let password = random_text();
        running.initialise(&password);
        let port = running.start(settings);
        Self {
            url: (
                format!("postgresql://{ROLE}:{password}@127.0.0.1:{port}"),
                String::new(),
            ),
            running: Some(running),
            databases: AtomicU32::new(0),
        }
    }

    /// Stops the server, which ends all connections, and starts it again on the same port.
    ///
    /// # Panics
    ///
    /// If the server was not started here, or does not come back.
    pub fn restart(&self) {
        let running = self
            .running
            .as_ref()
            .expect("only a server of one's own is restarted");
        running
            .pg_ctl(&["-m", "fast", "restart"])
            .expect("the server restarts");
    }

    /// Creates an empty database, dropped with the value returned.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub async fn fresh_database(&self) -> FreshDatabase {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("ipcascade_test_{}_{number}", std::process::id());
        let admin = self.url_of("postgres");
        let mut connection = connect(&admin).await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut connection)
            .await
            .expect("the role may create databases");
        connection.close().await.expect("the connection closes");
        FreshDatabase::new(self.url_of(&name), admin, name)
    }

    /// The URL of a database, including the password.
    pub fn url_of(&self, database: &str) -> String {
        let (before, after) = &self.url;
        format!("{before}/{database}{after}")
    }
}

impl RunningServer {
    fn initialise(&self, password: &str) {
        let secret = self.folder.join("password");
        std::fs::write(&secret, password).expect("the folder is writable");
        if let Some(user) = self.user {
            chown(&secret, Some(user.uid), Some(user.gid)).expect("root may give files away");
        }
        let output = command(&self.programs.join("initdb"), &self.folder, self.user)
            .arg("--pgdata")
            .arg(self.folder.join("data"))
            .arg("--pwfile")
            .arg(&secret)
            .args([
                "--username",
                ROLE,
                "--auth",
                "password",
                "--encoding",
                "UTF8",
            ])
            .args(["--no-locale", "--no-sync"])
            .stderr(Stdio::piped())
            .output()
            .expect("initdb can be started");
        let problem = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "initdb failed: {problem}");
    }

    /// Starts the server on a free port. Another process may take the port between finding and using it.
    fn start(&self, settings: &str) -> u16 {
        for _ in 0..5 {
            let port = free_port();
            let options = format!(
                "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {settings}"
            );
            if self.pg_ctl(&["-o", &options, "start"]).is_ok() {
                return port;
            }
        }
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        panic!("PostgreSQL did not start: {log}");
    }

    fn pg_ctl(&self, arguments: &[&str]) -> io::Result<()> {
        let status = command(&self.programs.join("pg_ctl"), &self.folder, self.user)
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("-l")
            .arg(self.folder.join("log"))
            .arg("-w")
            .args(arguments)
            .status()?;
        match status.success() {
            true => Ok(()),
            false => Err(io::Error::other(format!("pg_ctl {arguments:?}: {status}"))),
        }
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let ended = self.watchdog.wait();
        // If the folder is in one of another user's, the watchdog may only empty it.
        std::fs::remove_dir(&self.folder).unwrap_or_default();
        if let (Err(error), false) = (ended, std::thread::panicking()) {
            panic!("the server's watchdog: {error}");
        }
    }
}

fn command(program: &Path, folder: &Path, user: Option<User>) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command
}

pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    listener
        .local_addr()
        .expect("a bound socket has an address")
        .port()
}

fn random_text() -> String {
    let part = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", part(), part())
}
