//! Times in all the formats that logs use, and which of them are believed.
//!
//! | format | used by |
//! |---|---|
//! | `2025-03-01T10:00:00.123Z`, with a space, `/` in the date, a comma fraction, any zone or none | RFC 3339, ISO 8601, most programs |
//! | `1740823200`, `.25`, or milli-, micro-, nanoseconds | the epoch of POSIX |
//! | `01/Mar/2025:10:00:00 +0000` | NCSA common log format: Apache, nginx, HAProxy |
//! | `Sat, 01 Mar 2025 10:00:00 GMT` | RFC 2822 |
//! | `Sat Mar  1 10:00:00 2025` | asctime: Apache's error log |
//! | `Mar  1 10:00:00`, `I0301 10:00:00` | syslog (RFC 3164), klog: the year is the latest in which that is not after the file's own time |
//! | `03/01/2025-10:00:00.123` | Suricata's and Snort's fast logs: month before day |
//!
//! A time without a zone is taken as UTC.

mod formats;
mod lines;
mod log_times;
mod rules;
#[cfg(test)]
mod tests;
mod zone;

pub(crate) use rules::{BadTime, TimeRules};
