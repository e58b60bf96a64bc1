//! A DNS server on loopback, UDP and TCP, that follows a script.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, CNAME, PTR, SOA, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{mpsc, watch};

/// How a question arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// In a datagram.
    Udp,
    /// Over a connection.
    Tcp,
}

/// What to answer.
#[derive(Clone, Debug)]
pub enum DnsReply {
    /// TXT records, each of several strings, with a TTL in seconds.
    Records(Vec<Vec<Vec<u8>>>, u32),
    /// PTR records.
    Names(Vec<String>),
    /// A PTR record with a name of any bytes, label by label.
    Labels(Vec<Vec<u8>>),
    /// The name does not exist, according to its zone.
    NoName,
    /// The name does not exist, according to the resolver, whatever the zone says.
    Hidden,
    /// The name exists without such a record.
    NoData,
    /// The SOA record of the zone that the name is in.
    Start,
    /// A record of another type than the one in the question.
    OtherType,
    /// The reply, but under another name, of which the one in the question is an alias.
    Alias(String, Box<Self>),
    /// The reply, but under another name, which was not in the question.
    Elsewhere(String, Box<Self>),
    /// SERVFAIL.
    ServerFailure,
    /// REFUSED.
    Refused,
    /// An empty answer with the TC bit.
    Truncated,
    /// Bytes that are not a DNS message.
    Garbage,
    /// No reply at all.
    Silence,
    /// The reply after a delay.
    Late(Duration, Box<Self>),
    /// The reply as soon as the gate opens.
    Gated(watch::Receiver<bool>, Box<Self>),
}

impl DnsReply {
    /// Replies that are not answers.
    pub const USELESS: [Self; 5] = [
        Self::ServerFailure,
        Self::Refused,
        Self::Silence,
        Self::Garbage,
        Self::Truncated,
    ];

    /// One TXT record of one string for each text.
    pub fn texts(texts: &[&str]) -> Self {
        let records = texts.iter().map(|text| vec![text.as_bytes().to_vec()]);
        Self::Records(records.collect(), 3_404)
    }

    /// One PTR record for each name.
    pub fn names(names: &[&str]) -> Self {
        Self::Names(names.iter().map(|&name| name.to_owned()).collect())
    }
}

/// The distinct questions; a retransmitted packet is the same one.
type SeenQueries = Mutex<HashSet<(String, u16, Via)>>;

/// A question as it arrived.
#[derive(Debug)]
struct ReceivedQuery {
    name: String,
    via: Via,
    at: Instant,
}

type Script = dyn Fn(&str, Via) -> DnsReply + Send + Sync;

/// A running server; it stops with the runtime of its test.
#[derive(Debug)]
pub struct DnsPeer {
    /// The address it listens on, UDP and TCP.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<ReceivedQuery>>>,
    arrivals: mpsc::UnboundedReceiver<String>,
}

#[derive(Clone)]
struct DnsServer {
    script: Arc<Script>,
    asked: Arc<Mutex<Vec<ReceivedQuery>>>,
    arrivals: mpsc::UnboundedSender<String>,
    seen: Arc<SeenQueries>,
}

impl DnsPeer {
    /// Starts a server that answers by `script`, which gets the name in lower case.
    pub async fn start(script: impl Fn(&str, Via) -> DnsReply + Send + Sync + 'static) -> Self {
        let (udp, tcp) = bind().await;
        let (sender, arrivals) = mpsc::unbounded_channel();
        let server = DnsServer {
            script: Arc::new(script),
            asked: Arc::default(),
            arrivals: sender,
            seen: Arc::default(),
        };
        let peer = Self {
            address: udp.local_addr().unwrap(),
            asked: Arc::clone(&server.asked),
            arrivals,
        };
        tokio::spawn(serve_udp(Arc::new(udp), server.clone()));
        tokio::spawn(serve_tcp(tcp, server));
        peer
    }

    /// The settings of a provider that asks this server only.
    pub fn settings(&self) -> String {
        format!("mode = \"dns\"\n{}", self.table())
    }

    /// The table `[dns]` that names this server.
    pub fn table(&self) -> String {
        let address = self.address;
        format!("[dns]\nservers = [\"{address}\"]\ntimeout = \"2s\"\n")
    }

    /// Returns a function for [`Subject::hears`](crate::Subject::hears): it returns the addresses whose reversed octets
    /// or nibbles begin the names queried so far.
    pub fn hears(&self) -> impl Fn() -> Vec<String> + Send + Sync + 'static {
        let asked = Arc::clone(&self.asked);
        move || {
            let asked = asked.lock().unwrap();
            let addresses = asked.iter().filter_map(|asked| reversed(&asked.name));
            addresses.map(|address| address.to_string()).collect()
        }
    }

    /// The names queried so far, in order.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|asked| asked.name.clone()).collect()
    }

    /// The names queried so far that contain `part`.
    pub fn asked_with(&self, part: &str) -> Vec<String> {
        let mut names = self.asked();
        names.retain(|name| name.contains(part));
        names
    }

    /// How each question for `name` arrived.
    pub fn ways(&self, name: &str) -> Vec<Via> {
        let asked = self.asked.lock().unwrap();
        let asked = asked.iter().filter(|asked| asked.name == name);
        asked.map(|asked| asked.via).collect()
    }

    /// When each question arrived, in order.
    pub fn arrival_times(&self) -> Vec<Instant> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|asked| asked.at).collect()
    }

    /// Waits for the next question.
    pub async fn next(&mut self) -> String {
        self.arrivals.recv().await.unwrap()
    }
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

impl DnsServer {
    /// Returns the bytes to send back, if any.
    async fn answer(&self, request: &[u8], via: Via) -> Option<Vec<u8>> {
        let mut message = Message::from_vec(request).unwrap();
        let query = message.queries[0].clone();
        let name = query.name().to_ascii().to_lowercase();
        let question = (name.clone(), message.metadata.id, via);
        if self.seen.lock().unwrap().insert(question) {
            self.asked.lock().unwrap().push(ReceivedQuery {
                name: name.clone(),
                via,
                at: Instant::now(),
            });
            self.arrivals.send(name.clone()).unwrap_or_default();
        }
        let mut reply = (self.script)(&name, via);
        let mut owner = query.name().clone();
        loop {
            reply = match reply {
                DnsReply::Alias(target, inner) => {
                    let target = Name::from_ascii(target).unwrap();
                    let data = RData::CNAME(CNAME(target.clone()));
                    message.add_answer(Record::from_rdata(owner, 3_404, data));
                    owner = target;
                    *inner
                }
                DnsReply::Elsewhere(other, inner) => {
                    owner = Name::from_ascii(other).unwrap();
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
                _ => break,
            };
        }
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

/// Returns the address whose reversed octets or nibbles `name` begins with.
fn reversed(name: &str) -> Option<IpAddr> {
    let labels: Vec<&str> = name.split('.').collect();
    let octets: Vec<u8> = labels
        .iter()
        .map_while(|label| label.parse().ok())
        .collect();
    if let &[d, c, b, a] = octets.as_slice() {
        return Some(Ipv4Addr::new(a, b, c, d).into());
    }
    let is_nibble = |label: &&&str| label.len() == 1;
    let nibbles: Vec<&str> = labels.iter().take_while(is_nibble).copied().collect();
    let digits: String = nibbles.into_iter().rev().collect();
    let number = u128::from_str_radix(&digits, 16).ok()?;
    (digits.len() == 32).then(|| Ipv6Addr::from(number).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_from_names() {
        let of = |name| reversed(name).map(|address| address.to_string());
        assert_eq!(
            of("4.0.41.198.in-addr.arpa.").as_deref(),
            Some("198.41.0.4")
        );
        assert_eq!(
            of("4.0.41.198.origin.asn.cymru.com.").as_deref(),
            Some("198.41.0.4")
        );
        let whole = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.0.0.5.0.1.0.0.2.ip6.arpa.";
        assert_eq!(of(whole).as_deref(), Some("2001:500:2::1"));
        assert_eq!(of("2.0.0.0.0.0.5.0.1.0.0.2.origin6.asn.cymru.com."), None);
        assert_eq!(of("AS23028.asn.cymru.com."), None);
    }
}
