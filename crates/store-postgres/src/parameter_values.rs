//! What the driver takes as the value of a parameter that it knows.

use std::net::IpAddr;

use sqlx::postgres::PgSslMode;

/// Parameters with their values.
pub(crate) type Pairs = Vec<(String, String)>;

/// What a parameter must be, if `value` is not that.
pub(crate) fn expected(name: &str, value: &str) -> Option<&'static str> {
    Some(match name {
        "sslmode" | "ssl-mode" if value.parse::<PgSslMode>().is_err() => {
            "disable, allow, prefer, require, verify-ca or verify-full"
        }
        "port" if value.parse::<u16>().is_err() => "one port, 1 to 65535",
        "hostaddr" if value.parse::<IpAddr>().is_err() => "one IP address",
        "host" if value.contains(',') => "one host",
        "statement-cache-capacity" if value.parse::<usize>().is_err() => "a number",
        "client_encoding" if !["utf8", "utf-8", "auto"].contains(&&*value.to_ascii_lowercase()) => {
            "UTF8"
        }
        _ => return None,
    })
}
