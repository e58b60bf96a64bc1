//! Usual names of fields and columns in logs and tables, the likeliest first. A name stands for all its spellings:
//! `src_ip` also for `SrcIP`, `Src-IP` and `src ip`. Dots are paths.

/// Fields and columns with the address of the peer.
pub(super) const ADDRESS_NAMES: &[&str] = &[
    "src_ip",
    "source_ip",
    "source_ip_address",
    "src_addr",
    "src_address",
    "source_address",
    "source_addr",
    "source_ipv4",
    "client_ip",
    "client_ip_address",
    "client_addr",
    "client_address",
    "remote_ip",
    "remote_ip_address",
    "remote_addr",
    "remote_address",
    "remote_endpoint",
    "attacker_ip",
    "attacker",
    "source.ip",
    "client.ip",
    "source.address",
    "client.address",
    "src.ip",
    // Zeek.
    "id.orig_h",
    // Honeypots: honeytrap; Tanner; Beelzebub; Dionaea; hpfeeds; others of T-Pot.
    "attack_connection.remote_ip",
    "peer.ip",
    "event.source_ip",
    "data.connection.remote_ip",
    "payload.peer_ip",
    "remote_host",
    "peer_ip",
    "src_host",
    // Windows, CloudTrail and Azure, Okta, Google, AWS, Kubernetes, GitHub.
    "event.event_data.ip_address",
    "caller_ip_address",
    "caller_ip",
    "client.ip_address",
    "http_request.remote_ip",
    "proto_payload.request_metadata.caller_ip",
    "json_payload.connection.src_ip",
    "http_request.client_ip",
    "source_ips",
    "actor_ip",
    // Caddy: the client named by a trusted proxy, and the proxy. ModSecurity, Wazuh, MongoDB.
    "request.client_ip",
    "request.remote_ip",
    "transaction.client_ip",
    "data.srcip",
    "attr.remote",
    // nfdump, Argus.
    "sa",
    "saddr",
    "src",
    "rhost",
    "c_ip",
    // Names that may also belong to another party.
    "client",
    "peer",
    "ip",
    "ip_address",
    "ip_str",
    "address",
    "addr",
    "source",
];

/// Whether a field of this name names the source of a record, and not possibly a machine that passed it on.
pub(super) fn says_source(name: &str) -> bool {
    let sure = ADDRESS_NAMES.split(|name| *name == FIRST_DOUBTFUL).next();
    sure.unwrap_or_default()
        .iter()
        .any(|known| plain(known) == plain(name))
}

/// The first of the names that may also belong to another party.
const FIRST_DOUBTFUL: &str = "client";

/// Fields and columns with a record as text: Docker, filebeat and logstash, journald, Loki, Splunk, GELF, rsyslog,
/// CloudWatch.
pub(super) const TEXTS: &[&str] = &[
    "log",
    "message",
    "line",
    "_raw",
    "event.original",
    "event",
    "log.original",
    "data",
    "text_payload",
    "short_message",
    "msg",
    "@message",
];

/// Parts of names of columns with addresses of another party, or with values that only look like addresses.
pub(super) const OTHERS: &[&str] = &[
    "to",
    "target",
    "victim",
    "server",
    "local",
    "sensor",
    "attacked",
    "honeypot",
    "mask",
    "netmask",
    "version",
    "ver",
    "firmware",
    "release",
    "oid",
    "gateway",
    "fingerprint",
    "hash",
];

/// Fields and columns with the time.
pub(super) const TIME_NAMES: &[&str] = &[
    "timestamp",
    "@timestamp",
    "event_timestamp",
    "event_time",
    "time_iso8601",
    "ts",
    "time",
    "datetime",
    "date_time",
    "time_local",
    "time_received",
    "timestamp_utc",
    "timestamp_str",
    "utc_time",
    "received_at",
    "receive_time",
    "generate_time",
    "logged_at",
    "start_time",
    "start",
    "stime",
    "edge_start_timestamp",
    "creation_time",
    "created_date_time",
    "request_received_timestamp",
    "published",
    "first_seen",
    "first_seen_utc",
    "last_reported_at",
    "event.created",
    // MongoDB.
    "t.$date",
    "ts.$date",
    "timestamp.$date",
    "time.$date",
    "created_at",
    "created",
    "date",
];

/// A name without the differences between its spellings: capitals, spaces, hyphens, underscores.
pub(super) fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    push_plain(name, &mut plain);
    plain
}

/// Appends `name` to `to`, without the differences between spellings.
pub(super) fn push_plain(name: &str, to: &mut String) {
    let kept = name
        .chars()
        .filter(|next| !matches!(next, '_' | '-' | ' ' | '\u{feff}'));
    to.extend(kept.map(|next| next.to_ascii_lowercase()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_name_are_one_name() {
        for name in ["src_ip", "SrcIP", "Src-IP", "src ip", "SRC_IP"] {
            assert_eq!(plain(name), "srcip", "{name}");
        }
        assert_eq!(plain("Source.IP"), "source.ip");
    }
}
