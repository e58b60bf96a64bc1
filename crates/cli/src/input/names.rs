//! Names under which logs and tables hold what is looked for, the likeliest first.

/// Fields and columns with the address.
pub(super) const ADDRESS_NAMES: &[&str] = &[
    "src_ip",
    "source_ip",
    "srcip",
    "ip",
    "ip_address",
    "ipaddress",
    "ip_str",
    "address",
    "addr",
    "client_ip",
    "clientip",
    "remote_ip",
    "remote_addr",
    "source.ip",
    "client.ip",
    "source.address",
    "id.orig_h",
    "src",
    "source",
    "peer",
    "host",
];

/// Fields and columns with the time.
pub(super) const MOMENT_NAMES: &[&str] = &["timestamp", "@timestamp", "time", "datetime"];
