//! Writes MRT dumps, octet by octet as RFC 6396 specifies them: the reader is tested against the standard and not
//! against itself.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

/// 2026-11-05T08:00:00Z.
pub(crate) const MADE_AT: u32 = 1_793_865_600;

const TABLE_DUMP: u16 = 12;
const TABLE_DUMP_V2: u16 = 13;
const BGP4MP: u16 = 16;
const PEER_INDEX_TABLE: u16 = 1;

/// A part of an AS path.
#[derive(Clone)]
pub(crate) enum Segment {
    Set(Vec<u32>),
    Sequence(Vec<u32>),
}

/// A path of one sequence.
pub(crate) fn path(numbers: &[u32]) -> Vec<Segment> {
    vec![Segment::Sequence(numbers.to_vec())]
}

/// A dump under construction.
pub(crate) struct Dump {
    bytes: Vec<u8>,
    made_at: u32,
    sequence: u32,
}

impl Dump {
    /// A `TABLE_DUMP_V2` of a collector with `peers` peers.
    pub(crate) fn new(peers: u8) -> Self {
        let mut dump = Self::empty();
        let mut body = vec![192, 0, 2, 1, 0, 0];
        body.extend(u16::from(peers).to_be_bytes());
        for peer in 0..peers {
            // An IPv4 address and a 32-bit ASN.
            body.push(2);
            body.extend([198, 51, 100, peer]);
            body.extend([198, 51, 100, peer]);
            body.extend((65_536 + u32::from(peer)).to_be_bytes());
        }
        dump.record(TABLE_DUMP_V2, PEER_INDEX_TABLE, &body);
        dump
    }

    pub(crate) fn empty() -> Self {
        Self {
            bytes: Vec::new(),
            made_at: MADE_AT,
            sequence: 0,
        }
    }

    pub(crate) fn at(mut self, made_at: u32) -> Self {
        self.made_at = made_at;
        self.bytes[..4].copy_from_slice(&made_at.to_be_bytes());
        self
    }

    /// Adds a prefix, with peers and the paths that they see.
    pub(crate) fn rib(self, prefix: &str, routes: &[(u16, Vec<Segment>)]) -> Self {
        self.routes(prefix, routes, 2, 4, None)
    }

    /// The same with a path identifier for each route (RFC 8050).
    pub(crate) fn add_path(self, prefix: &str, routes: &[(u16, Vec<Segment>)]) -> Self {
        self.routes(prefix, routes, 8, 10, Some(7))
    }

    /// The same as multicast routes.
    pub(crate) fn multicast(self, prefix: &str, routes: &[(u16, Vec<Segment>)]) -> Self {
        self.routes(prefix, routes, 3, 5, None)
    }

    fn routes(
        mut self,
        prefix: &str,
        routes: &[(u16, Vec<Segment>)],
        ipv4: u16,
        ipv6: u16,
        path_id: Option<u32>,
    ) -> Self {
        let prefix: IpNet = prefix.parse().unwrap();
        let mut body = self.sequence.to_be_bytes().to_vec();
        body.push(prefix.prefix_len());
        let octets = usize::from(prefix.prefix_len().div_ceil(8));
        body.extend(&octets_of(prefix.addr())[..octets]);
        body.extend(u16::try_from(routes.len()).unwrap().to_be_bytes());
        for (peer, path) in routes {
            body.extend(peer.to_be_bytes());
            body.extend((self.made_at - 3600).to_be_bytes());
            body.extend(path_id.iter().flat_map(|id| id.to_be_bytes()));
            let attributes = attributes(path, 4);
            body.extend(u16::try_from(attributes.len()).unwrap().to_be_bytes());
            body.extend(attributes);
        }
        let subtype = if prefix.addr().is_ipv4() { ipv4 } else { ipv6 };
        self.record(TABLE_DUMP_V2, subtype, &body);
        self.sequence += 1;
        self
    }

    /// Adds a route in the old format, with `new_path` as AS4_PATH.
    pub(crate) fn old(
        mut self,
        prefix: &str,
        peer: u8,
        path: &[Segment],
        new_path: Option<&[Segment]>,
    ) -> Self {
        let prefix: IpNet = prefix.parse().unwrap();
        let is_ipv4 = prefix.addr().is_ipv4();
        let mut body = vec![0, 0, 0, 0];
        body.extend(octets_of(prefix.addr()));
        body.extend([prefix.prefix_len(), 1]);
        body.extend((self.made_at - 3600).to_be_bytes());
        match is_ipv4 {
            true => body.extend([198, 51, 100, peer]),
            false => body.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, peer]),
        }
        body.extend(64_500_u16.to_be_bytes());
        let mut attributes = attributes(path, 2);
        if let Some(new_path) = new_path {
            attributes.extend(attribute(0xc0, 17, &as_path(new_path, 4)));
        }
        body.extend(u16::try_from(attributes.len()).unwrap().to_be_bytes());
        body.extend(attributes);
        self.record(TABLE_DUMP, if is_ipv4 { 1 } else { 2 }, &body);
        self
    }

    /// Adds a message that a peer's session is up, which is not a route.
    pub(crate) fn update(mut self) -> Self {
        let body = [0, 1, 0, 2, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 0, 3, 0, 6];
        self.record(BGP4MP, 0, &body);
        self
    }

    fn record(&mut self, kind: u16, subtype: u16, body: &[u8]) {
        self.bytes.extend(self.made_at.to_be_bytes());
        self.bytes.extend(kind.to_be_bytes());
        self.bytes.extend(subtype.to_be_bytes());
        let length = u32::try_from(body.len()).unwrap();
        self.bytes.extend(length.to_be_bytes());
        self.bytes.extend(body);
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        self.bytes
    }
}

fn octets_of(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

/// ORIGIN, AS_PATH and NEXT_HOP.
fn attributes(path: &[Segment], width: usize) -> Vec<u8> {
    [
        attribute(0x40, 1, &[0]),
        attribute(0x40, 2, &as_path(path, width)),
        attribute(0x40, 3, &Ipv4Addr::new(198, 51, 100, 1).octets()),
    ]
    .concat()
}

fn attribute(flags: u8, kind: u8, value: &[u8]) -> Vec<u8> {
    let mut attribute = vec![flags, kind, u8::try_from(value.len()).unwrap()];
    attribute.extend(value);
    attribute
}

fn as_path(path: &[Segment], width: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for segment in path {
        let (kind, numbers) = match segment {
            Segment::Set(numbers) => (1, numbers),
            Segment::Sequence(numbers) => (2, numbers),
        };
        bytes.extend([kind, u8::try_from(numbers.len()).unwrap()]);
        for number in numbers {
            bytes.extend(&number.to_be_bytes()[4 - width..]);
        }
    }
    bytes
}

/// A prefix inside another, for each family, seen by two peers.
pub(crate) fn small() -> Vec<u8> {
    let both = |asn| [(0, path(&[65_536, asn])), (1, path(&[asn]))];
    Dump::new(2)
        .rib("1.0.0.0/16", &both(13335))
        .rib("1.0.4.0/22", &both(38803))
        .rib("2001:200::/32", &both(2500))
        .bytes()
}
