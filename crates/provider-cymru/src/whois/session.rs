//! One connection to the bulk service.

use std::net::IpAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::io::{AsyncWrite, AsyncWriteExt as _, BufWriter};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::bulk_lookup::BulkLookup;

/// The longest line that is read.
const LONGEST_LINE: u64 = 8_192;
/// How many lines for each address a server may send before it is considered broken.
const MOST_LINES_EACH: usize = 64;
/// How long to wait for more once every address has its answer, since a server need not close the connection.
const LINGER: Duration = Duration::from_secs(3);

/// How a session failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionError {
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
    #[error("the session was not over within {} s", .0.as_secs_f64())]
    Endless(Duration),
    #[error("a line of more than {LONGEST_LINE} bytes came")]
    LongLine,
    #[error("far more lines came than were asked for")]
    TooManyLines,
    #[error("the run is to end")]
    RunEnds,
}

impl SessionError {
    /// Whether another session may succeed: not with a server that sends endlessly.
    pub(super) const fn may_pass(&self) -> bool {
        !matches!(
            self,
            Self::Endless(_) | Self::LongLine | Self::TooManyLines | Self::RunEnds
        )
    }
}

/// The time limits of a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    /// For the connection, and for each line.
    pub(super) step: Duration,
    /// For the whole session.
    pub(super) whole: Duration,
}

/// Asks the server at `address` about everything open in `bulk_lookup` and reads until it closes. Answers before an
/// error are in `bulk_lookup`.
///
/// # Errors
///
/// If the session did not end by itself.
pub(super) async fn hold(
    address: &str,
    bulk_lookup: &mut BulkLookup,
    timeouts: Timeouts,
) -> Result<(), SessionError> {
    timeout(
        timeouts.whole,
        converse(address, bulk_lookup, timeouts.step),
    )
    .await
    .unwrap_or(Err(SessionError::Endless(timeouts.whole)))
}

async fn converse(
    address: &str,
    bulk_lookup: &mut BulkLookup,
    step: Duration,
) -> Result<(), SessionError> {
    let mut stream = timeout(step, TcpStream::connect(address))
        .await
        .map_err(|_| SessionError::ConnectTimeout(step))?
        .map_err(SessionError::Connect)?;
    let (reader, writer) = stream.split();
    let question = bulk_lookup.begin_session();
    let write = async {
        // A failure to send shows in the response, which may still contain answers.
        if let Err(error) = send(writer, &question).await {
            tracing::debug!(%error, "sending a bulk whois question");
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        ended = receive(reader, bulk_lookup, step) => ended,
        () = write => Ok(()),
    }
}

async fn receive(
    reader: impl AsyncRead + Unpin,
    bulk_lookup: &mut BulkLookup,
    step: Duration,
) -> Result<(), SessionError> {
    let mut reader = BufReader::new(reader);
    let mut lines_left = bulk_lookup.open().saturating_mul(MOST_LINES_EACH) + 64;
    let mut line = Vec::new();
    loop {
        line.clear();
        let timeouts = match bulk_lookup.open() {
            0 => step.min(LINGER),
            _ => step,
        };
        let mut limited = (&mut reader).take(LONGEST_LINE);
        match timeout(timeouts, limited.read_until(b'\n', &mut line)).await {
            Err(_) => return Err(SessionError::Silent(timeouts)),
            Ok(Err(error)) => return Err(SessionError::Cut(error)),
            Ok(Ok(_)) => {}
        }
        if line.last() == Some(&b'\n') {
            bulk_lookup.take(&String::from_utf8_lossy(&line));
        } else if line.len() >= usize::try_from(LONGEST_LINE).unwrap_or(usize::MAX) {
            return Err(SessionError::LongLine);
        } else {
            bulk_lookup.take_unfinished(&String::from_utf8_lossy(&line));
            return Ok(());
        }
        lines_left -= 1;
        if lines_left == 0 {
            return Err(SessionError::TooManyLines);
        }
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
