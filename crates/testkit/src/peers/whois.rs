//! A bulk whois server on loopback that follows a script for each connection.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

/// What a server does on one connection, in order.
#[derive(Clone, Debug)]
pub enum WhoisAct {
    /// Reads the query up to `end`.
    Read,
    /// Writes text unchanged.
    Write(String),
    /// Writes the banner.
    Banner,
    /// Answers up to this many of the queried addresses, starting with the first unanswered one, from the table of the
    /// server; addresses that the table lacks are `NA`.
    Answer(usize),
    /// Answers the remaining ones, last first.
    AnswerBackwards,
    /// Signals to the test that this step is reached, and waits until the gate opens.
    Wait(watch::Receiver<bool>),
    /// Keeps the connection open silently until the client has gone.
    Idle,
    /// Writes text over and over until the client has gone.
    Flood(String),
}

/// The server's answer about an address: its lines, without line endings.
pub type WhoisAnswers = dyn Fn(&str) -> Vec<String> + Send + Sync;

/// A running server; it stops with the runtime of its test.
#[derive(Debug)]
pub struct WhoisPeer {
    /// The address it listens on.
    pub address: SocketAddr,
    sessions: Arc<Mutex<Vec<Vec<String>>>>,
    waits: mpsc::UnboundedReceiver<()>,
}

impl WhoisPeer {
    /// Starts a server. Connection n follows script n, later ones the last script.
    pub async fn start(
        table: impl Fn(&str) -> Vec<String> + Send + Sync + 'static,
        scripts: Vec<Vec<WhoisAct>>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sessions: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
        let (sender, waits) = mpsc::unbounded_channel();
        let peer = Self {
            address: listener.local_addr().unwrap(),
            sessions: Arc::clone(&sessions),
            waits,
        };
        let table: Arc<WhoisAnswers> = Arc::new(table);
        tokio::spawn(async move {
            let mut number = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let script = scripts[number.min(scripts.len() - 1)].clone();
                sessions.lock().unwrap().push(Vec::new());
                tokio::spawn(converse(WhoisSession {
                    stream,
                    script,
                    table: Arc::clone(&table),
                    sessions: Arc::clone(&sessions),
                    number,
                    waits: sender.clone(),
                }));
                number += 1;
            }
        });
        peer
    }

    /// The settings of a provider that asks this server only.
    pub fn settings(&self) -> String {
        format!("mode = \"whois\"\n{}", self.table())
    }

    /// The table `[whois]` that names this server.
    pub fn table(&self) -> String {
        format!(
            "[whois]\naddress = \"{}\"\ntimeout = \"5s\"\n",
            self.address
        )
    }

    /// The lines read on each connection so far.
    pub fn sessions(&self) -> Vec<Vec<String>> {
        self.sessions.lock().unwrap().clone()
    }

    /// Returns a function that returns the lines read so far, for [`Subject::hears`](crate::Subject::hears).
    pub fn hears(&self) -> impl Fn() -> Vec<String> + Send + Sync + 'static {
        let sessions = Arc::clone(&self.sessions);
        move || sessions.lock().unwrap().concat()
    }

    /// Waits until a connection is waiting.
    pub async fn waiting(&mut self) {
        self.waits.recv().await.unwrap();
    }
}

/// A script without faults.
pub fn well() -> Vec<WhoisAct> {
    vec![
        WhoisAct::Read,
        WhoisAct::Banner,
        WhoisAct::Answer(usize::MAX),
    ]
}

/// A table in which the AS of an IPv4 address is 204500 plus its second octet, and the prefix its /24.
pub fn by_second_octet(address: &str) -> Vec<String> {
    let octets: Vec<u32> = address
        .split('.')
        .map(|octet| octet.parse().unwrap())
        .collect();
    let (asn, prefix) = (
        204500 + octets[1],
        format!("{}.{}.{}.0/24", octets[0], octets[1], octets[2]),
    );
    vec![format!(
        "{asn:<7} | {address:<16} | {prefix:<19} | DE | ripencc  | 2001-01-01 | NET-{asn} - A | B, DE"
    )]
}

struct WhoisSession {
    stream: TcpStream,
    script: Vec<WhoisAct>,
    table: Arc<WhoisAnswers>,
    sessions: Arc<Mutex<Vec<Vec<String>>>>,
    number: usize,
    waits: mpsc::UnboundedSender<()>,
}

async fn converse(session: WhoisSession) -> Option<()> {
    let WhoisSession {
        stream,
        script,
        table,
        sessions,
        number,
        waits,
    } = session;
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut open: Vec<String> = Vec::new();
    for act in script {
        match act {
            WhoisAct::Read => {
                while let Some(line) = lines.next_line().await.ok()? {
                    sessions.lock().unwrap()[number].push(line.clone());
                    match line.as_str() {
                        "begin" | "verbose" => {}
                        "end" => break,
                        _ => open.push(line),
                    }
                }
            }
            WhoisAct::Write(text) => writer.write_all(text.as_bytes()).await.ok()?,
            WhoisAct::Banner => {
                let banner = b"Bulk mode; whois.cymru.com [2026-07-11 17:51:43 +0000]\n";
                writer.write_all(banner).await.ok()?;
            }
            WhoisAct::Answer(count) => {
                let rest = open.split_off(count.min(open.len()));
                writer
                    .write_all(text(&table, &open).as_bytes())
                    .await
                    .ok()?;
                open = rest;
            }
            WhoisAct::AnswerBackwards => {
                open.reverse();
                writer
                    .write_all(text(&table, &open).as_bytes())
                    .await
                    .ok()?;
                open.clear();
            }
            WhoisAct::Wait(mut gate) => {
                waits.send(()).unwrap_or_default();
                gate.wait_for(|is_open| *is_open).await.ok()?;
            }
            WhoisAct::Idle => while let Ok(Some(_)) = lines.next_line().await {},
            WhoisAct::Flood(text) => while writer.write_all(text.as_bytes()).await.is_ok() {},
        }
    }
    Some(())
}

fn text(table: &Arc<WhoisAnswers>, addresses: &[String]) -> String {
    let mut text = String::new();
    for address in addresses {
        let mut lines = table(address);
        if lines.is_empty() {
            lines.push(format!(
                "NA      | {address:<16} | NA                  |    | other    |            | NA"
            ));
        }
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}
