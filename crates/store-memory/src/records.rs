//! Reading rows to copy them.

use ipcascade_core::{
    AddressRecord, Asn, AsnRecord, HistoryRow, LeftOut, Page, RecordKind, Records, SessionRecord,
    Which,
};
use serde_json::Value;

use crate::tables::{AddressEntry, AsnEntry, SessionEntry, Tables};

impl Tables {
    pub(crate) fn records(&self, kind: RecordKind, which: Which<'_>) -> Page {
        let mut page = Page {
            records: Records::none(kind),
            left_out: Vec::new(),
            last: None,
        };
        match &mut page.records {
            Records::Asns(records) => {
                let parse = |key: &str| key.parse::<i64>().ok();
                let chosen = chosen(self.asns.iter(), which, |key| parse(key), i64::to_string);
                page.last = chosen.last;
                for entry in chosen.entries {
                    match asn_record(entry) {
                        Ok(record) => records.push(record),
                        Err(left_out) => page.left_out.push(left_out),
                    }
                }
            }
            Records::Addresses(records) => {
                let text = |key: &str| Some(key.to_owned());
                let chosen = chosen(self.addresses.iter(), which, text, String::clone);
                page.last = chosen.last;
                for entry in chosen.entries {
                    match self.address_record(entry, &mut page.left_out) {
                        Ok(record) => records.push(record),
                        Err(left_out) => page.left_out.push(left_out),
                    }
                }
            }
            Records::Sessions(records) => {
                let text = |key: &str| Some(key.to_owned());
                let chosen = chosen(self.sessions.iter(), which, text, String::clone);
                page.last = chosen.last;
                for entry in chosen.entries {
                    match session_record(entry) {
                        Ok(record) => records.push(record),
                        Err(left_out) => page.left_out.push(left_out),
                    }
                }
            }
        }
        page
    }

    fn address_record(
        &self,
        entry: &AddressEntry,
        refused: &mut Vec<LeftOut>,
    ) -> Result<AddressRecord, LeftOut> {
        let key = &entry.row.key;
        let left_out = |kind, reason: &str| LeftOut {
            kind,
            key: key.clone(),
            reason: reason.to_owned(),
        };
        let Some((row, _)) = entry.row.decode() else {
            return Err(left_out(RecordKind::Address, LeftOut::NO_ADDRESS));
        };
        let address = row.address;
        if address.to_string() != *key {
            return Err(left_out(RecordKind::Address, LeftOut::SPELLING));
        }
        let mut history = Vec::new();
        for (attribution, source) in self.history_of(key) {
            match Asn::from_i64(attribution.number) {
                Some(asn) => history.push(HistoryRow {
                    address,
                    asn,
                    observed_at: attribution.observed_at,
                    verification_source: source.clone(),
                }),
                None => refused.push(left_out(RecordKind::History, LeftOut::NO_ASN)),
            }
        }
        Ok(AddressRecord {
            row,
            sessions_without_row: entry.row.sessions.only_counted(self.session_rows(key)),
            enrichment_version: entry.enrichment_version.clone(),
            history,
        })
    }
}

struct Chosen<'a, T> {
    entries: Vec<&'a T>,
    last: Option<String>,
}

/// The entries of a table that are asked for.
fn chosen<'a, K: Ord + 'a, T: 'a>(
    entries: impl Iterator<Item = (&'a K, &'a T)>,
    which: Which<'_>,
    parse: impl Fn(&str) -> Option<K>,
    text: impl Fn(&K) -> String,
) -> Chosen<'a, T> {
    let found: Vec<(&K, &T)> = match which {
        Which::Keys(keys) => {
            let keys: std::collections::BTreeSet<K> =
                keys.iter().filter_map(|key| parse(key)).collect();
            entries.filter(|(key, _)| keys.contains(key)).collect()
        }
        Which::Page { after, limit } => {
            let after = after.and_then(parse);
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let next = entries.filter(|(key, _)| after.as_ref().is_none_or(|after| *key > after));
            next.take(limit).collect()
        }
    };
    Chosen {
        last: found.last().map(|(key, _)| text(key)),
        entries: found.into_iter().map(|(_, entry)| entry).collect(),
    }
}

fn asn_record(entry: &AsnEntry) -> Result<AsnRecord, LeftOut> {
    let left_out = || LeftOut {
        kind: RecordKind::Asn,
        key: entry.row.number.to_string(),
        reason: LeftOut::NO_ASN.to_owned(),
    };
    Ok(AsnRecord {
        row: entry.row.decode().ok_or_else(left_out)?,
        enrichment_updated_at: entry.enrichment_updated_at,
    })
}

fn session_record(entry: &SessionEntry) -> Result<SessionRecord, LeftOut> {
    let row = entry.decode();
    if row.source_ip.is_none() && entry.source_ip.is_some() {
        return Err(LeftOut {
            kind: RecordKind::Session,
            key: entry.session_id.clone(),
            reason: LeftOut::NO_SOURCE_ADDRESS.to_owned(),
        });
    }
    let document = entry
        .enrichment
        .as_ref()
        .map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone())));
    Ok(SessionRecord {
        row,
        enrichment: document,
    })
}
