//! Reads VRPs in JSON, as rpki-client, Routinator and Cloudflare write them.

use std::borrow::Cow;
use std::io::Read as _;
use std::path::Path;

use ipcascade_core::clock::{Timestamp, parse_timestamp};
use ipcascade_core::limited_read::LimitedRead;
use ipcascade_core::provider::DataFile;
use ipcascade_core::registry::BuildError;
use ipcascade_core::resource_error::{FileProblem, ResourceError};
use ipnet::IpNet;
use serde::Deserialize;
use serde_json::Value;

use crate::declaration::NAME;
use crate::file::written_at;
use crate::open;
use crate::rov::{Payload, Payloads};

/// This many bad entries are reported one by one; the others are only counted.
const NAMED: usize = 5;
/// The largest file that is read, unpacked; real ones have about 100 MB.
const LARGEST: u64 = 2 << 30;
const REMEDY: &str = "name JSON with a list `roas` of `prefix`, `maxLength` and `asn`, such as \
                      https://rpki.cloudflare.com/rpki.json, in `providers.bgp.vrps`";

#[derive(Deserialize)]
struct VrpDocument<'a> {
    #[serde(default)]
    metadata: Metadata,
    #[serde(borrow)]
    roas: Vec<Roa<'a>>,
}

/// When the payloads were generated; each program has its own name for that.
#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    buildtime: Value,
    #[serde(default, rename = "generatedTime")]
    generated_time: Value,
    #[serde(default)]
    generated: Value,
}

#[derive(Deserialize)]
struct Roa<'a> {
    #[serde(borrow)]
    prefix: Cow<'a, str>,
    #[serde(rename = "maxLength")]
    max_length: Option<u64>,
    asn: Value,
}

/// Reads the file at `path`, and adds what it holds to `payloads`.
pub(crate) fn read(path: &Path, payloads: &mut Payloads) -> Result<DataFile, BuildError> {
    let shown = path.display().to_string();
    let problem = |problem: FileProblem| ResourceError::file(path, problem, REMEDY);
    let mut json = Vec::new();
    let read = open::open(path)
        .and_then(|reader| LimitedRead::new(reader, LARGEST).read_to_end(&mut json));
    read.map_err(|error| problem(open::problem(error)))?;
    let document: VrpDocument<'_> = serde_json::from_slice(&json).map_err(|error| {
        problem(match error.is_eof() {
            true => FileProblem::incomplete(format!("it is cut off ({error})")),
            false => error.to_string().into(),
        })
    })?;
    if document.roas.is_empty() {
        return Err(problem("it holds no payloads".into()).into());
    }
    let (mut records, mut bad, mut has_ipv6) = (0_u64, 0_usize, false);
    for roa in &document.roas {
        match roa.payload() {
            Ok((prefix, payload)) => {
                payloads.add(prefix, payload);
                records += 1;
                has_ipv6 |= matches!(prefix, IpNet::V6(_));
            }
            Err(why) => {
                bad += 1;
                if bad <= NAMED {
                    let (prefix, asn) = (&roa.prefix, &roa.asn);
                    tracing::warn!("{shown}: payload for `{prefix}` and {asn} {why}; passed over");
                }
            }
        }
    }
    if records == 0 {
        return Err(problem("it holds no payload that can be read".into()).into());
    }
    if bad > NAMED {
        tracing::warn!("{shown}: {bad} payloads in all were passed over");
    }
    let fields = ["rpki", "rpki_reason"];
    Ok(DataFile {
        provider: NAME,
        edition: "validated ROA payloads".to_owned(),
        built_at: document.metadata.made_at().or_else(|| written_at(path)),
        records: Some(records),
        ip_version: if has_ipv6 { 6 } else { 4 },
        fields: fields.into_iter().map(str::to_owned).collect(),
        path: shown,
    })
}

impl Metadata {
    fn made_at(&self) -> Option<Timestamp> {
        let texts = [&self.buildtime, &self.generated_time];
        let stated = texts.into_iter().filter_map(Value::as_str);
        let stated = stated.filter_map(parse_timestamp).next();
        stated.or_else(|| Timestamp::from_timestamp(self.generated.as_i64()?, 0))
    }
}

impl Roa<'_> {
    fn payload(&self) -> Result<(IpNet, Payload), &'static str> {
        let prefix: IpNet = self.prefix.parse().map_err(|_| "has no prefix")?;
        if prefix.addr() != prefix.network() {
            return Err("has bits set behind the length of its prefix");
        }
        let length = prefix.prefix_len();
        // Without a maximum length, the prefix itself is the longest (RFC 9582).
        let max_length = self.max_length.unwrap_or_else(|| length.into());
        let max_length = u8::try_from(max_length).unwrap_or(u8::MAX);
        if !(length..=prefix.max_prefix_len()).contains(&max_length) {
            return Err("has an impossible `maxLength`");
        }
        let asn = asn(&self.asn).ok_or("has an AS number that is not one")?;
        Ok((prefix, Payload { asn, max_length }))
    }
}

/// Reads `"AS13335"`, `"13335"` or 13335. AS0 is valid here: it means that no AS may announce the prefix.
fn asn(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => u32::try_from(number.as_u64()?).ok(),
        Value::String(text) => {
            let digits = text.strip_prefix("AS").unwrap_or(text);
            digits.parse().ok()
        }
        _ => None,
    }
}
