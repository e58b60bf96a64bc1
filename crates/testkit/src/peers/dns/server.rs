//! Answers questions as the script says.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, CNAME, PTR, SOA, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;

use super::reply::{DnsReply, Via};

/// The distinct questions; a retransmitted packet is the same one.
type SeenQueries = Mutex<HashSet<(String, u16, Via)>>;

/// A question as it arrived.
#[derive(Debug)]
pub(super) struct ReceivedQuery {
    pub(super) name: String,
    pub(super) via: Via,
    pub(super) at: Instant,
}

type Script = dyn Fn(&str, Via) -> DnsReply + Send + Sync;

/// A server that follows a script.
#[derive(Clone)]
pub(super) struct DnsServer {
    script: Arc<Script>,
    asked: Arc<Mutex<Vec<ReceivedQuery>>>,
    arrivals: mpsc::UnboundedSender<String>,
    seen: Arc<SeenQueries>,
}

impl DnsServer {
    /// Starts to answer by `script`, and returns the address that it listens on, UDP and TCP.
    pub(super) async fn start(
        script: impl Fn(&str, Via) -> DnsReply + Send + Sync + 'static,
        asked: Arc<Mutex<Vec<ReceivedQuery>>>,
        arrivals: mpsc::UnboundedSender<String>,
    ) -> SocketAddr {
        let (udp, tcp) = bind().await;
        let address = udp.local_addr().unwrap();
        let server = Self {
            script: Arc::new(script),
            asked,
            arrivals,
            seen: Arc::default(),
        };
        tokio::spawn(serve_udp(Arc::new(udp), server.clone()));
        tokio::spawn(serve_tcp(tcp, server));
        address
    }

    /// Returns the bytes to send back, if any.
    async fn answer(&self, request: &[u8], via: Via) -> Option<Vec<u8>> {
        let mut message = Message::from_vec(request).unwrap();
        let query = message.queries[0].clone();
        let name = query.name().to_ascii().to_lowercase();
        self.note(&name, message.metadata.id, via);
        let reply = (self.script)(&name, via);
        let mut owner = query.name().clone();
        let reply = innermost(reply, &mut owner, &mut message).await?;
        respond(message, owner, reply)
    }

    /// Keeps a question, unless it is a retransmission.
    fn note(&self, name: &str, id: u16, via: Via) {
        let question = (name.to_owned(), id, via);
        if self.seen.lock().unwrap().insert(question) {
            self.asked.lock().unwrap().push(ReceivedQuery {
                name: name.to_owned(),
                via,
                at: Instant::now(),
            });
            self.arrivals.send(name.to_owned()).unwrap_or_default();
        }
    }
}

/// Carries out what a reply is wrapped in, and returns what it contains; `owner` becomes the name that it is about.
/// `None` if its gate is gone.
async fn innermost(
    mut reply: DnsReply,
    owner: &mut Name,
    message: &mut Message,
) -> Option<DnsReply> {
    loop {
        reply = match reply {
            DnsReply::Alias(target, inner) => {
                let target = Name::from_ascii(target).unwrap();
                let data = RData::CNAME(CNAME(target.clone()));
                let alias = std::mem::replace(owner, target);
                message.add_answer(Record::from_rdata(alias, 3_404, data));
                *inner
            }
            DnsReply::Elsewhere(other, inner) => {
                *owner = Name::from_ascii(other).unwrap();
                *inner
            }
            DnsReply::Gated(mut gate, inner) => {
                gate.wait_for(|is_open| *is_open).await.ok()?;
                *inner
            }
            DnsReply::Late(delay, inner) => {
                tokio::time::sleep(delay).await;
                *inner
            }
            reply => return Some(reply),
        };
    }
}

/// Adds the reply to the message, and returns its bytes, or those to send instead.
fn respond(mut message: Message, owner: Name, reply: DnsReply) -> Option<Vec<u8>> {
    message.metadata.message_type = MessageType::Response;
    message.metadata.recursion_available = true;
    match reply {
        DnsReply::Records(records, ttl) => {
            for strings in records {
                let strings = strings.iter().map(Vec::as_slice).collect();
                let data = RData::TXT(TXT::from_bytes(strings));
                message.add_answer(Record::from_rdata(owner.clone(), ttl, data));
            }
        }
        DnsReply::Labels(labels) => {
            let name = Name::from_labels(labels.iter().map(Vec::as_slice)).unwrap();
            message.add_answer(Record::from_rdata(owner, 3_404, RData::PTR(PTR(name))));
        }
        DnsReply::Names(names) => {
            for name in names {
                let data = RData::PTR(PTR(Name::from_ascii(name).unwrap()));
                message.add_answer(Record::from_rdata(owner.clone(), 3_404, data));
            }
        }
        DnsReply::NoName => {
            message.metadata.response_code = ResponseCode::NXDomain;
            message.add_authority(signature(&owner));
        }
        DnsReply::Hidden => message.metadata.response_code = ResponseCode::NXDomain,
        DnsReply::NoData => {
            message.add_authority(signature(&owner));
        }
        DnsReply::Start => {
            message.add_answer(signature(&owner));
        }
        DnsReply::OtherType => {
            let data = RData::A(A::new(192, 0, 2, 1));
            message.add_answer(Record::from_rdata(owner, 3_404, data));
        }
        DnsReply::Refused => message.metadata.response_code = ResponseCode::Refused,
        DnsReply::ServerFailure => message.metadata.response_code = ResponseCode::ServFail,
        DnsReply::Truncated => message.metadata.truncation = true,
        DnsReply::Garbage => return Some(b"\xff\x00 no message".to_vec()),
        DnsReply::Silence => return None,
        DnsReply::Alias(..)
        | DnsReply::Elsewhere(..)
        | DnsReply::Gated(..)
        | DnsReply::Late(..) => {
            unreachable!()
        }
    }
    Some(message.to_vec().unwrap())
}

/// The SOA record of the zone that a name is in.
fn signature(name: &Name) -> Record {
    let is_reverse = name.to_ascii().to_lowercase().ends_with(".arpa.");
    let zone = name.trim_to(if is_reverse { 2 } else { 3 });
    let soa = SOA::new(zone.clone(), zone.clone(), 1, 3_600, 600, 86_400, 3_600);
    Record::from_rdata(zone, 3_600, RData::SOA(soa))
}

/// Binds UDP and TCP on one port.
async fn bind() -> (UdpSocket, TcpListener) {
    for _ in 0..100 {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
            return (udp, tcp);
        }
    }
    panic!("no port is free for both UDP and TCP");
}

async fn serve_udp(socket: Arc<UdpSocket>, server: DnsServer) {
    let mut buffer = [0; 4096];
    while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
        let (request, socket, server) = (
            buffer[..length].to_vec(),
            Arc::clone(&socket),
            server.clone(),
        );
        tokio::spawn(async move {
            if let Some(answer) = server.answer(&request, Via::Udp).await {
                socket.send_to(&answer, client).await.unwrap_or_default();
            }
        });
    }
}

async fn serve_tcp(listener: TcpListener, server: DnsServer) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, server.clone()));
    }
}

async fn converse(mut stream: TcpStream, server: DnsServer) -> Option<()> {
    loop {
        let length = stream.read_u16().await.ok()?;
        let mut request = vec![0; length.into()];
        stream.read_exact(&mut request).await.ok()?;
        if let Some(answer) = server.answer(&request, Via::Tcp).await {
            let length = u16::try_from(answer.len()).unwrap();
            stream.write_u16(length).await.ok()?;
            stream.write_all(&answer).await.ok()?;
        }
    }
}
