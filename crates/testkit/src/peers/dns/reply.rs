//! What the server answers.

use std::time::Duration;

use tokio::sync::watch;

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
