//! Reads a pyasn file: lines of a prefix and an ASN, and comments after `;` that name its source.

use std::io::{BufRead, Read as _};

use chrono::NaiveDateTime;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::resource_error::FileProblem;
use ipnet::IpNet;

use crate::file_summary::FileContent;
use crate::open::problem;
use crate::prefix_origins::{OriginAs, PrefixOrigins};
use crate::uncounted_routes;
use crate::uncounted_routes::UncountedRoutes;

/// This many bad lines are reported one by one; the others are only counted.
const NAMED: u64 = 5;
/// The maximum length of a line in bytes; longer ones are split.
const LONGEST: u64 = 4096;

/// Reads all lines, and adds them to `prefix_origins`. Warnings name `path`; if the header has no date, the file's is
/// `written_at`.
pub(crate) fn read(
    mut reader: impl BufRead,
    path: &str,
    written_at: Option<Timestamp>,
    prefix_origins: &mut PrefixOrigins,
) -> Result<FileContent, FileProblem> {
    let mut header = PyasnHeader::default();
    let mut entries = PyasnEntries::default();
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let read = reader.by_ref().take(LONGEST).read_until(b'\n', &mut line);
        if read.map_err(problem)? == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if let Some(comment) = text.strip_prefix(';') {
            header.read(comment);
            continue;
        }
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match entry(text) {
            Ok(entry) => {
                let seen_at = header.built_at().or(written_at);
                entries.add(entry, seen_at, prefix_origins);
            }
            Err(problem) => {
                entries.bad += 1;
                if entries.bad <= NAMED {
                    tracing::warn!("{path}, line {number}: {problem}; passed over");
                }
            }
        }
    }
    entries.check(&header)?;
    let bad = entries.bad;
    if bad > NAMED {
        tracing::warn!("{path}: {bad} lines in all were passed over");
    }
    Ok(FileContent {
        edition: "pyasn".to_owned(),
        built_at: header.built_at().or(written_at),
        prefixes: entries.prefixes,
        has_ipv6: entries.has_ipv6,
        passed_over: entries.passed_over,
        unreadable: 0,
    })
}

/// The counts of the lines that were read.
#[derive(Debug, Default)]
struct PyasnEntries {
    /// Prefixes with an origin.
    prefixes: u64,
    has_ipv6: bool,
    passed_over: UncountedRoutes,
    /// Lines that could not be read.
    bad: u64,
}

impl PyasnEntries {
    /// Adds a line to `prefix_origins`, unless its route does not count.
    fn add(
        &mut self,
        (prefix, asn): (IpNet, u32),
        seen_at: Option<Timestamp>,
        prefix_origins: &mut PrefixOrigins,
    ) {
        match uncounted_routes::check(prefix, asn) {
            Ok(asn) => {
                let origin = OriginAs {
                    asn,
                    peers: 0,
                    is_stated: true,
                    seen_at,
                };
                prefix_origins.add(prefix, &[origin]);
                self.prefixes += 1;
                self.has_ipv6 |= matches!(prefix, IpNet::V6(_));
            }
            Err(why) => {
                self.passed_over.count(&why);
                if uncounted_routes::is_announced(prefix) {
                    prefix_origins.add(prefix, &[]);
                }
            }
        }
    }

    /// Checks that there is a prefix, and that no line is missing that the header promises.
    fn check(&self, header: &PyasnHeader) -> Result<(), FileProblem> {
        if self.prefixes == 0 {
            let passed_over = match self.passed_over.total() {
                0 => String::new(),
                _ => format!(" that counts (passed over: {})", self.passed_over),
            };
            let reason = format!("it holds no line of a prefix and an AS number{passed_over}");
            return Err(reason.into());
        }
        let lines = self.prefixes + self.bad + self.passed_over.total();
        if let Some(promised) = header.promised.filter(|&promised| lines < promised) {
            return Err(FileProblem::incomplete(format!(
                "it is cut off: its header promises {promised} prefixes, and it has {lines}"
            )));
        }
        Ok(())
    }
}

/// Reads a line's prefix and ASN.
fn entry(line: &str) -> Result<(IpNet, u32), &'static str> {
    let mut words = line.split_ascii_whitespace();
    let (Some(prefix), Some(asn), None) = (words.next(), words.next(), words.next()) else {
        return Err("is not a prefix and an AS number");
    };
    let prefix: IpNet = prefix.parse().map_err(|_| "does not begin with a prefix")?;
    if prefix.addr() != prefix.network() {
        return Err("has bits set behind the length of its prefix");
    }
    let asn = asn
        .parse()
        .map_err(|_| "has an AS number that is not one")?;
    Ok((prefix, asn))
}

/// What the comments say about the file.
#[derive(Debug, Default)]
struct PyasnHeader {
    /// When the routing table it was made from was dumped, by the name of the dump.
    dumped_at: Option<Timestamp>,
    converted_at: Option<Timestamp>,
    promised: Option<u64>,
}

impl PyasnHeader {
    fn read(&mut self, comment: &str) {
        let Some((name, value)) = comment.split_once(':') else {
            return;
        };
        let value = value.trim();
        match name.trim() {
            "Original file" | "Original source" => self.dumped_at = dump_time(value),
            "Converted on" => {
                // In the local time of another machine: a day off at worst.
                let time = NaiveDateTime::parse_from_str(value, "%a %b %e %H:%M:%S %Y");
                self.converted_at = time.ok().map(|time| time.and_utc());
            }
            // "Prefixes-v4" and "Prefixes-v6" add up to the total; older versions write one line.
            "CIDRs" | "Prefixes" | "Prefixes-v4" | "Prefixes-v6" => {
                if let Ok(count) = value.parse::<u64>() {
                    self.promised = Some(self.promised.unwrap_or(0).saturating_add(count));
                }
            }
            _ => {}
        }
    }

    fn built_at(&self) -> Option<Timestamp> {
        self.dumped_at.or(self.converted_at)
    }
}

/// Returns the time in the name of a dump: `rib.20140513.0600.bz2`, `bview.20140513.0600.gz`.
fn dump_time(name: &str) -> Option<Timestamp> {
    let parts: Vec<&str> = name.split('.').collect();
    parts.windows(2).find_map(|pair| {
        let &[day, time] = pair else { return None };
        let time = NaiveDateTime::parse_from_str(&format!("{day}{time}"), "%Y%m%d%H%M");
        (day.len() == 8).then_some(time.ok()?.and_utc())
    })
}

#[cfg(test)]
mod tests {
    use ipcascade_core::clock::parse_timestamp;

    use super::*;

    #[test]
    fn lines_that_are_not_a_prefix_and_a_number_are_refused() {
        assert_eq!(
            entry("1.0.0.0/24\t13335"),
            Ok(("1.0.0.0/24".parse().unwrap(), 13335))
        );
        assert!(entry("2001:db8::/32 64500").is_ok());
        for line in [
            "1.0.0.0/24",
            "1.0.0.0/33\t13335",
            "1.0.0.1/24\t13335",
            "1.0.0.0\t24\t13335",
            "1.0.0.0/24\tset([13335, 1])",
            "1.0.0.0/24\t4294967296",
            "1.0.0.0/24\t-1",
            "\u{fffd}",
        ] {
            assert!(entry(line).is_err(), "{line}");
        }
    }

    #[test]
    fn the_date_is_that_of_the_dump_or_else_of_the_conversion() {
        let mut header = PyasnHeader::default();
        header.read(" Converted on  : Tue May 13 22:03:05 2014");
        assert_eq!(header.built_at(), parse_timestamp("2014-05-13T22:03:05Z"));
        header.read(" Original file : data/rib.20140512.0600.bz2");
        assert_eq!(header.built_at(), parse_timestamp("2014-05-12T06:00:00Z"));
        header.read(" Prefixes-v4   : 3");
        header.read(" Prefixes-v6   : 4");
        assert_eq!(header.promised, Some(7));
        assert_eq!(dump_time("latest-bview.gz"), None);
    }
}
