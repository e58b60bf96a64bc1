//! Rows that do not fit the columns of this database; other databases may not have these limits.

use std::collections::BTreeSet;

use ipcascade_core::asn::Asn;
use ipcascade_store::engine::RecordRef;
use ipcascade_store::schema::{ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY, SESSION_SUMMARIES};
use ipcascade_store::stored_rows::stored;

use crate::columns::TableColumns;

/// Why a row does not fit, if it does not.
pub(crate) fn misfit(columns: &TableColumns, record: RecordRef<'_>) -> Option<String> {
    match record {
        RecordRef::Asn(record) => {
            let row = &record.row;
            let values = [
                ("organization_name", row.organization_name.as_deref()),
                ("organization_country", row.organization_country.as_deref()),
                ("rir_registry", row.rir_registry.as_deref()),
                ("asn_type", row.asn_type.as_deref()),
            ];
            number(columns, Some(row.asn)).or_else(|| texts(columns, ASN_INVENTORY.name, &values))
        }
        RecordRef::Address(record) => {
            let values = [("enrichment_version", record.enrichment_version.as_deref())];
            let number = number(columns, record.row.current_asn);
            number.or_else(|| texts(columns, IP_INVENTORY.name, &values))
        }
        RecordRef::History(row) => {
            let values = [("verification_source", row.verification_source.as_deref())];
            number(columns, Some(row.asn)).or_else(|| texts(columns, IP_ASN_HISTORY.name, &values))
        }
        RecordRef::Session(record) => {
            let row = &record.row;
            if stored(row.event_count) > columns.greatest_event_count {
                return Some("its event_count does not fit the target's column".to_owned());
            }
            let values = [
                ("session_id", Some(row.session_id.as_str())),
                ("sensor", row.sensor.as_deref()),
                ("snapshot_country", row.snapshot_country.as_deref()),
            ];
            number(columns, row.snapshot_asn)
                .or_else(|| texts(columns, SESSION_SUMMARIES.name, &values))
        }
    }
}

/// Why a row does not fit if it has one of the characters that the encoding lacks.
pub(crate) fn beyond_encoding(unfit: &BTreeSet<char>, record: RecordRef<'_>) -> Option<String> {
    if unfit.is_empty() {
        return None;
    }
    let lacked = record.text().chars().find(|c| unfit.contains(c))?;
    Some(format!(
        "it holds `{lacked}`, which the encoding of the target lacks; one with the encoding UTF8 has all characters"
    ))
}

fn number(columns: &TableColumns, asn: Option<Asn>) -> Option<String> {
    let asn = asn.filter(|&asn| !columns.holds(asn))?;
    Some(format!(
        "{asn} does not fit the target's INTEGER columns; `ipcascade migrate --widen-asn` makes room"
    ))
}

fn texts(columns: &TableColumns, table: &str, texts: &[(&str, Option<&str>)]) -> Option<String> {
    let (column, _) = texts
        .iter()
        .find(|(column, text)| !columns.holds_text(table, column, *text))?;
    Some(format!("its {column} is too long for the target's column"))
}
