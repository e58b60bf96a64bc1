//! The bulk way: one whois session for a list of addresses.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ipcascade_core::LookupFailure;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::io::{AsyncWrite, AsyncWriteExt as _, BufWriter};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::config::Checked;
use crate::ledger::Ledger;
use crate::question::{Question, Reply};

/// Sessions for one chunk at most, resumed ones included.
const MOST_SESSIONS: usize = 5;
/// So many sessions in a row may end without an answer to anything.
const MOST_IDLE_SESSIONS: usize = 2;
/// The longest line that is read.
const LONGEST_LINE: u64 = 8_192;
/// Lines for each address that a server may send before it counts as gone mad.
const MOST_LINES_EACH: usize = 64;
/// How long to wait for more when every address has its answer, since a server need not close.
const LINGER: Duration = Duration::from_secs(3);
/// How long mode `auto` stays away from a service that could not be used.
const REST: Duration = Duration::from_secs(300);

/// Asks Team Cymru's bulk whois service.
#[derive(Debug)]
pub(crate) struct Whois {
    address: String,
    chunk: usize,
    timeout: Duration,
    /// One session at a time, as the service asks.
    turn: tokio::sync::Mutex<()>,
    resting_until: Mutex<Option<Instant>>,
}

/// How a session ended that did not end well.
#[derive(Debug, thiserror::Error)]
enum SessionError {
    #[error("connecting: {0}")]
    Connect(std::io::Error),
    #[error("no connection within {} s", .0.as_secs_f64())]
    ConnectTimeout(Duration),
    #[error("the connection was cut: {0}")]
    Cut(std::io::Error),
    #[error("the server closed the connection before it had answered everything")]
    Closed,
    #[error("nothing came for {} s", .0.as_secs_f64())]
    Silent(Duration),
    #[error("a line of more than {LONGEST_LINE} bytes came")]
    LongLine,
    #[error("far more lines came than were asked for")]
    TooManyLines,
}

impl Whois {
    /// A client as the settings say.
    pub(crate) fn new(checked: &Checked) -> Self {
        let config = &checked.config.whois;
        Self {
            address: config.address.clone(),
            chunk: config.chunk,
            timeout: checked.whois_timeout,
            turn: tokio::sync::Mutex::new(()),
            resting_until: Mutex::new(None),
        }
    }

    /// Whether the service could not be used a short while ago.
    pub(crate) fn is_resting(&self) -> bool {
        self.resting().is_some_and(|until| Instant::now() < until)
    }

    /// Answers `questions`, in order.
    pub(crate) async fn ask(&self, questions: &[Question]) -> Vec<Reply> {
        let _turn = self.turn.lock().await;
        let mut replies = Vec::with_capacity(questions.len());
        for chunk in questions.chunks(self.chunk) {
            let addresses = chunk.iter().map(|question| question.wanted);
            let mut ledger = Ledger::new(addresses);
            let error = self.fill(&mut ledger).await.err();
            self.note(&ledger, error.as_ref());
            let missing = self.failure(&ledger, error.as_ref());
            replies.extend(
                chunk
                    .iter()
                    .map(|question| ledger.reply(question.wanted, &missing)),
            );
        }
        replies
    }

    /// Asks until every address has its answer, resuming at the first without one.
    async fn fill(&self, ledger: &mut Ledger) -> Result<(), SessionError> {
        let mut idle = 0;
        let mut sessions = 0;
        loop {
            let open_before = ledger.open();
            let ended = self.session(ledger).await;
            sessions += 1;
            if ledger.open() == 0 {
                return Ok(());
            }
            let error = match ended {
                Ok(()) => SessionError::Closed,
                Err(
                    error @ (SessionError::Connect(_)
                    | SessionError::ConnectTimeout(_)
                    | SessionError::LongLine
                    | SessionError::TooManyLines),
                ) => return Err(error),
                Err(error) => error,
            };
            let open = ledger.open();
            idle = if open < open_before { 0 } else { idle + 1 };
            if sessions == MOST_SESSIONS || idle == MOST_IDLE_SESSIONS {
                return Err(error);
            }
            tracing::debug!(%error, open, "bulk whois session ended early; resuming");
            ledger.resume();
        }
    }

    /// One connection: asks for everything open and reads until the server closes.
    async fn session(&self, ledger: &mut Ledger) -> Result<(), SessionError> {
        let mut stream = timeout(self.timeout, TcpStream::connect(&self.address))
            .await
            .map_err(|_| SessionError::ConnectTimeout(self.timeout))?
            .map_err(SessionError::Connect)?;
        let (reader, writer) = stream.split();
        let question = ledger.begin_session();
        let write = async {
            // What goes wrong here shows in what comes back, which may hold answers all the same.
            if let Err(error) = send(writer, &question).await {
                tracing::debug!(%error, "sending a bulk whois question");
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = self.receive(reader, ledger) => ended,
            () = write => Ok(()),
        }
    }

    async fn receive(
        &self,
        reader: impl AsyncRead + Unpin,
        ledger: &mut Ledger,
    ) -> Result<(), SessionError> {
        let mut reader = BufReader::new(reader);
        let mut lines_left = ledger.open().saturating_mul(MOST_LINES_EACH) + 64;
        let mut line = Vec::new();
        loop {
            line.clear();
            let patience = if ledger.open() == 0 {
                self.timeout.min(LINGER)
            } else {
                self.timeout
            };
            let mut limited = (&mut reader).take(LONGEST_LINE);
            match timeout(patience, limited.read_until(b'\n', &mut line)).await {
                Err(_) => return Err(SessionError::Silent(patience)),
                Ok(Err(error)) => return Err(SessionError::Cut(error)),
                Ok(Ok(_)) => {}
            }
            if line.last() == Some(&b'\n') {
                ledger.take(&String::from_utf8_lossy(&line));
            } else if line.len() >= usize::try_from(LONGEST_LINE).unwrap_or(usize::MAX) {
                return Err(SessionError::LongLine);
            } else {
                ledger.take_unfinished(&String::from_utf8_lossy(&line));
                return Ok(());
            }
            lines_left -= 1;
            if lines_left == 0 {
                return Err(SessionError::TooManyLines);
            }
        }
    }

    /// What is said of addresses without an answer.
    fn failure(&self, ledger: &Ledger, error: Option<&SessionError>) -> LookupFailure {
        let mut message = format!(
            "asking whois at {} for {} addresses",
            self.address,
            ledger.asked()
        );
        if let Some(error) = error {
            message = format!("{message}: {error}");
        }
        if let Some(complaint) = ledger.complaint() {
            message = format!("{message}; it said `{complaint}`");
        }
        LookupFailure::transient(message)
    }

    /// Remembers whether the service is of use.
    fn note(&self, ledger: &Ledger, error: Option<&SessionError>) {
        let is_useless = error.is_some() && ledger.open() == ledger.asked();
        let until = is_useless.then(|| Instant::now() + REST);
        *self.resting() = until;
        if let Some(error) = error {
            // Whoever asks is told with the failure; here it is only a step on the way to that.
            tracing::info!(%error, open = ledger.open(), "bulk whois left addresses open");
        }
    }

    fn resting(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.resting_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

async fn send(writer: impl AsyncWrite + Unpin, addresses: &[IpAddr]) -> std::io::Result<()> {
    let mut writer = BufWriter::new(writer);
    writer.write_all(b"begin\nverbose\n").await?;
    for address in addresses {
        writer.write_all(format!("{address}\n").as_bytes()).await?;
    }
    writer.write_all(b"end\n").await?;
    writer.flush().await
}
