//! The running program.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

use crate::answer::shown;

/// Longer lines are not answers.
const LONGEST_LINE: usize = 1 << 20;
/// How long a program that has closed its output may take to exit.
const ENDING: Duration = Duration::from_secs(1);

/// The environment variables that a program gets: what most need to run and to reach the network, but not the keys of other
/// services. `*` stands for any ending.
pub(crate) const INHERITED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "TERM",
    "TMPDIR",
    "TEMP",
    "TMP",
    "XDG_*",
    "PYTHON*",
    "VIRTUAL_ENV",
    "CONDA_*",
    "NODE_PATH",
    "PERL5LIB",
    "RUBYLIB",
    "GEM_*",
    "JAVA_HOME",
    "LD_LIBRARY_PATH",
    "DYLD_*",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SYSTEMROOT",
    "SystemRoot",
    "COMSPEC",
    "ComSpec",
    "PATHEXT",
    "APPDATA",
    "LOCALAPPDATA",
    "USERPROFILE",
];

/// How the program is started.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) folder: PathBuf,
    /// The environment variables that it gets beside [`INHERITED`].
    pub(crate) environment: Vec<String>,
}

/// A running program.
pub(crate) struct RunningProgram {
    child: Child,
    pub(crate) stdin: ChildStdin,
    pub(crate) stdout: BufReader<ChildStdout>,
    /// The last line it wrote to standard error.
    complaint: Arc<Mutex<String>>,
    /// Reads standard error to its end.
    errors: JoinHandle<()>,
    /// Whether it is in the middle of a batch, and so cannot be asked about anything else.
    pub(crate) is_busy: bool,
    /// Whether it has answered a batch before.
    pub(crate) is_reused: bool,
}

impl Program {
    fn inherits(&self, variable: &OsStr) -> bool {
        let Some(name) = variable.to_str() else {
            return false;
        };
        let named = self.environment.iter().map(String::as_str);
        named.chain(INHERITED.iter().copied()).any(|pattern| {
            let prefix = pattern.strip_suffix('*');
            prefix.map_or(name == pattern, |prefix| name.starts_with(prefix))
        })
    }

    pub(crate) fn start(&self) -> io::Result<RunningProgram> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| self.inherits(name)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if !self.folder.as_os_str().is_empty() {
            command.current_dir(&self.folder);
        }
        // Ctrl-C at the terminal is for us to handle: the program may still answer what it was asked.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        let missing = || io::Error::other("it has no standard input and output");
        let stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let complaint = Arc::<Mutex<String>>::default();
        let noted = Arc::clone(&complaint);
        let errors = tokio::spawn(async move {
            let mut stderr = BufReader::new(stderr);
            while let Ok(Some(line)) = line_of(&mut stderr).await {
                let line = String::from_utf8_lossy(&line);
                let line = line.trim();
                tracing::info!("the program of `exec`: {line}");
                if !line.is_empty() {
                    *noted.lock().unwrap_or_else(PoisonError::into_inner) = shown(line);
                }
            }
        });
        Ok(RunningProgram {
            child,
            stdin,
            stdout: BufReader::new(stdout),
            complaint,
            errors,
            is_busy: false,
            is_reused: false,
        })
    }
}

impl RunningProgram {
    /// Whether it has exited by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    #[cfg(unix)]
    fn kill(&mut self) -> io::Result<()> {
        use rustix::process::{Pid, Signal, kill_process_group};
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        match id.and_then(Pid::from_raw) {
            Some(id) => Ok(kill_process_group(id, Signal::KILL)?),
            None => Ok(()),
        }
    }

    #[cfg(not(unix))]
    fn kill(&mut self) -> io::Result<()> {
        self.child.start_kill()
    }

    /// How it exited, and its last words on standard error.
    pub(crate) async fn ending(&mut self) -> String {
        let status = match tokio::time::timeout(ENDING, self.child.wait()).await {
            Ok(Ok(status)) => {
                // Its last words may still be on their way. Processes that it has started can keep standard error open.
                if tokio::time::timeout(ENDING, &mut self.errors)
                    .await
                    .is_err()
                {
                    tracing::debug!("standard error of the program of `exec` stays open");
                }
                status.to_string()
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it has closed its output, but goes on".to_owned(),
        };
        let complaint = self
            .complaint
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match complaint.is_empty() {
            true => status,
            false => format!("{status}: {complaint}"),
        }
    }
}

impl Drop for RunningProgram {
    /// A program that waits for questions exits when its standard input closes; one in the middle of a batch may not,
    /// nor may the processes it started.
    fn drop(&mut self) {
        if self.is_busy
            && let Err(error) = self.kill()
        {
            tracing::debug!("the program of `exec` cannot be ended: {error}");
        }
    }
}

/// Reads the next line; `None` at the end.
pub(crate) async fn line_of(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut limited = from.take(LONGEST_LINE as u64);
    let count = limited.read_until(b'\n', &mut line).await?;
    let is_whole = line.ends_with(b"\n");
    match (count, is_whole) {
        (0, _) => Ok(None),
        (LONGEST_LINE.., false) => Err(io::Error::other("a line of a megabyte or more")),
        _ => Ok(Some(line)),
    }
}
