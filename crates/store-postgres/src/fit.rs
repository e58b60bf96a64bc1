//! What the columns of this database cannot hold; others may have none of these limits.

use ipcascade_core::Asn;
use ipcascade_store::engine::RecordRef;
use ipcascade_store::schema::{ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY, SESSION_SUMMARIES};
use ipcascade_store::stored::stored;

use crate::shape::Shape;

/// Why a row does not fit, if it does not.
pub(crate) fn misfit(shape: &Shape, record: RecordRef<'_>) -> Option<String> {
    match record {
        RecordRef::Asn(record) => {
            let row = &record.row;
            let columns = [
                ("organization_name", row.organization_name.as_deref()),
                ("organization_country", row.organization_country.as_deref()),
                ("rir_registry", row.rir_registry.as_deref()),
                ("asn_type", row.asn_type.as_deref()),
            ];
            number(shape, Some(row.asn)).or_else(|| texts(shape, ASN_INVENTORY.name, &columns))
        }
        RecordRef::Address(record) => {
            let columns = [("enrichment_version", record.enrichment_version.as_deref())];
            let number = number(shape, record.row.current_asn);
            number.or_else(|| texts(shape, IP_INVENTORY.name, &columns))
        }
        RecordRef::History(row) => {
            let columns = [("verification_source", row.verification_source.as_deref())];
            number(shape, Some(row.asn)).or_else(|| texts(shape, IP_ASN_HISTORY.name, &columns))
        }
        RecordRef::Session(record) => {
            let row = &record.row;
            if stored(row.event_count) > shape.greatest_event_count {
                return Some("its event_count does not fit the target's column".to_owned());
            }
            let columns = [
                ("session_id", Some(row.session_id.as_str())),
                ("sensor", row.sensor.as_deref()),
                ("snapshot_country", row.snapshot_country.as_deref()),
            ];
            number(shape, row.snapshot_asn)
                .or_else(|| texts(shape, SESSION_SUMMARIES.name, &columns))
        }
    }
}

fn number(shape: &Shape, asn: Option<Asn>) -> Option<String> {
    let asn = asn.filter(|&asn| !shape.holds(asn))?;
    Some(format!(
        "{asn} does not fit the target's INTEGER columns; `ipcascade migrate --widen-asn` makes room"
    ))
}

fn texts(shape: &Shape, table: &str, texts: &[(&str, Option<&str>)]) -> Option<String> {
    let (column, _) = texts
        .iter()
        .find(|(column, text)| !shape.holds_text(table, column, *text))?;
    Some(format!("its {column} is too long for the target's column"))
}
