//! What the columns of this database cannot hold; others may have none of these limits.

use ipcascade_core::transfer::Record;
use ipcascade_core::{AddressRecord, Asn, AsnRecord, SessionRecord};

use crate::shape::Shape;
use crate::tables::{ASN_INVENTORY, IP_INVENTORY, SESSION_SUMMARIES};
use ipcascade_store::stored::stored;

/// A row that may not fit.
pub(crate) trait Fit: Record {
    /// Why it does not, if it does not.
    fn misfit(&self, shape: &Shape) -> Option<String>;
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

impl Fit for AsnRecord {
    fn misfit(&self, shape: &Shape) -> Option<String> {
        let row = &self.row;
        number(shape, Some(row.asn)).or_else(|| {
            let columns = [
                ("organization_name", row.organization_name.as_deref()),
                ("organization_country", row.organization_country.as_deref()),
                ("rir_registry", row.rir_registry.as_deref()),
                ("asn_type", row.asn_type.as_deref()),
            ];
            texts(shape, ASN_INVENTORY, &columns)
        })
    }
}

impl Fit for AddressRecord {
    fn misfit(&self, shape: &Shape) -> Option<String> {
        number(shape, self.row.current_asn).or_else(|| {
            let version = self.enrichment_version.as_deref();
            texts(shape, IP_INVENTORY, &[("enrichment_version", version)])
        })
    }
}

impl Fit for SessionRecord {
    fn misfit(&self, shape: &Shape) -> Option<String> {
        let row = &self.row;
        if stored(row.event_count) > shape.greatest_event_count {
            return Some("its event_count does not fit the target's column".to_owned());
        }
        number(shape, row.snapshot_asn).or_else(|| {
            let columns = [
                ("session_id", Some(row.session_id.as_str())),
                ("sensor", row.sensor.as_deref()),
                ("snapshot_country", row.snapshot_country.as_deref()),
            ];
            texts(shape, SESSION_SUMMARIES, &columns)
        })
    }
}
