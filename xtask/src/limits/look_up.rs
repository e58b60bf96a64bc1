//! A plain loop over a list of addresses: read the files, parse a line, look it up, decode the record, write the line
//! that `ipcascade enrich --no-store --format ndjson` writes, byte for byte; one thread, and no cache unless requested.

use std::collections::HashMap;
use std::fs;
use std::io::{BufWriter, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use maxminddb::{LookupResult, MaxMindDbError, Reader};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What the loop writes, without `ip` and `sources`.
#[derive(Serialize, Default)]
struct LoopFields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latitude: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    longitude: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy_radius: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asn: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asn_org: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registered_country: Option<&'a str>,
}

#[derive(Serialize)]
struct LoopLine<'a> {
    ip: IpAddr,
    #[serde(flatten)]
    found: LoopFields<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sources: Option<SourcedFields>,
}

/// The same fields, each with the name of the provider.
#[derive(Serialize, Default)]
struct SourcedFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latitude: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    longitude: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy_radius: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asn: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asn_org: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registered_country: Option<&'static str>,
    prefix: &'static str,
}

impl SourcedFields {
    fn of(found: &LoopFields<'_>) -> Self {
        fn named<T>(value: Option<T>) -> Option<&'static str> {
            value.map(|_| "maxmind")
        }
        Self {
            country: named(found.country),
            country_name: named(found.country_name),
            city: named(found.city),
            latitude: named(found.latitude),
            longitude: named(found.longitude),
            accuracy_radius: named(found.accuracy_radius),
            asn: named(found.asn),
            asn_org: named(found.asn_org),
            registered_country: named(found.registered_country),
            prefix: "maxmind",
        }
    }
}

/// The decoded part of a record of an AS file or a city file.
#[derive(Deserialize, Default)]
struct MmdbRecord<'a> {
    autonomous_system_number: Option<u32>,
    autonomous_system_organization: Option<&'a str>,
    #[serde(borrow)]
    country: Option<MmdbPlace<'a>>,
    #[serde(borrow)]
    city: Option<MmdbPlace<'a>>,
    location: Option<MmdbLocation>,
    #[serde(borrow)]
    registered_country: Option<MmdbPlace<'a>>,
}

#[derive(Deserialize)]
struct MmdbPlace<'a> {
    iso_code: Option<&'a str>,
    #[serde(borrow)]
    names: Option<MmdbNames<'a>>,
}

#[derive(Deserialize)]
struct MmdbNames<'a> {
    en: Option<&'a str>,
}

#[derive(Deserialize)]
struct MmdbLocation {
    latitude: Option<f64>,
    longitude: Option<f64>,
    accuracy_radius: Option<u16>,
}

/// What the loop caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: each record is decoded and written anew.
    Nothing,
    /// The written fields, by the positions of the records in their files.
    Written,
}

/// Writes what `files` contain for each line of `list`, as NDJSON. Returns the number of lines.
///
/// # Errors
///
/// If a file cannot be read, a line is not an address, or `out` cannot be written.
pub fn run(files: &[PathBuf], list: &Path, keep: Keep, out: impl Write) -> Result<u64> {
    let readers = files
        .iter()
        .map(|file| Reader::open_readfile(file).map_err(mmdb))
        .collect::<Result<Vec<_>>>()?;
    let text = fs::read_to_string(list).map_err(Error::file(list))?;
    let mut out = BufWriter::with_capacity(1 << 16, out);
    let mut written: HashMap<Vec<Option<usize>>, (String, String)> = HashMap::new();
    let mut lines = 0;
    let mut offsets = Vec::new();
    for line in text.lines() {
        let ip: IpAddr = line
            .parse()
            .map_err(|_| Error::Request(format!("`{line}` is not an address")))?;
        let results = readers
            .iter()
            .map(|reader| reader.lookup(ip).map_err(mmdb))
            .collect::<Result<Vec<_>>>()?;
        let prefix = narrowest(&results)?;
        match keep {
            Keep::Nothing => write_line(&mut out, ip, &results, prefix)?,
            Keep::Written => {
                offsets.clear();
                offsets.extend(results.iter().map(LookupResult::offset));
                if !written.contains_key(&offsets) {
                    written.insert(offsets.clone(), parts(&results)?);
                }
                if let Some((found, sources)) = written.get(&offsets) {
                    write!(out, "{{\"ip\":\"{ip}\"{found}")?;
                    if let Some(prefix) = prefix {
                        write!(out, ",\"prefix\":\"{prefix}\"{sources}")?;
                    }
                    out.write_all(b"}\n")?;
                }
            }
        }
        lines += 1;
    }
    out.flush()?;
    Ok(lines)
}

fn mmdb(error: MaxMindDbError) -> Error {
    Error::Mmdb(error.to_string())
}

fn narrowest(results: &[LookupResult<'_, Vec<u8>>]) -> Result<Option<String>> {
    let mut best = None;
    for result in results.iter().filter(|result| result.has_data()) {
        let network = result.network().map_err(mmdb)?;
        if best.is_none_or(|(length, _)| network.prefix() > length) {
            best = Some((network.prefix(), network));
        }
    }
    Ok(best.map(|(_, network)| network.to_string()))
}

fn decoded<'a>(results: &[LookupResult<'a, Vec<u8>>]) -> Result<LoopFields<'a>> {
    let mut found = LoopFields::default();
    for result in results {
        let Some(record) = result.decode::<MmdbRecord<'_>>().map_err(mmdb)? else {
            continue;
        };
        found.asn = found.asn.or(record.autonomous_system_number);
        found.asn_org = found.asn_org.or(record.autonomous_system_organization);
        if let Some(place) = record.country {
            found.country = place.iso_code;
            found.country_name = place.names.and_then(|names| names.en);
        }
        let city = record.city.and_then(|city| city.names?.en);
        found.city = found.city.or(city);
        if let Some(place) = record.location {
            found.latitude = place.latitude;
            found.longitude = place.longitude;
            found.accuracy_radius = place.accuracy_radius;
        }
        let registered = record.registered_country.and_then(|place| place.iso_code);
        found.registered_country = found.registered_country.or(registered);
    }
    Ok(found)
}

fn write_line(
    out: &mut impl Write,
    ip: IpAddr,
    results: &[LookupResult<'_, Vec<u8>>],
    prefix: Option<String>,
) -> Result<()> {
    let found = decoded(results)?;
    let sources = prefix.as_ref().map(|_| SourcedFields::of(&found));
    let line = LoopLine {
        ip,
        found,
        prefix,
        sources,
    };
    serde_json::to_writer(&mut *out, &line).map_err(std::io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

/// The members before the prefix and after it.
fn parts(results: &[LookupResult<'_, Vec<u8>>]) -> Result<(String, String)> {
    let found = decoded(results)?;
    let text = serde_json::to_string(&found).map_err(std::io::Error::from)?;
    let members = text.trim_matches(['{', '}']);
    let comma = if members.is_empty() { "" } else { "," };
    let sources =
        serde_json::to_string(&SourcedFields::of(&found)).map_err(std::io::Error::from)?;
    Ok((
        format!("{comma}{members}"),
        format!(",\"sources\":{sources}"),
    ))
}
