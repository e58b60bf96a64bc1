//! What is wrong with one row of an address, as far as the row itself shows.

use ipcascade_core::{AddressRow, Check, DocumentDefect, Policy, special_purpose};
use sqlx::sqlite::SqliteRow;

use crate::rows::{checked_address_row, number, text};

/// A row as it is spelled.
pub(crate) struct SpelledRow {
    /// Its key as stored.
    pub(crate) spelling: String,
    /// The AS as stored, which may be no number of an AS.
    pub(crate) stored_asn: Option<i64>,
    /// The row with what is wrong with its document, if it is for an address.
    pub(crate) row: Option<(AddressRow, Option<DocumentDefect>)>,
}

/// A fault of one row.
pub(crate) struct Fault {
    pub(crate) check: Check,
    pub(crate) problem: String,
}

/// Reads a row of [`crate::rows::ADDRESS_COLUMNS`].
pub(crate) fn spelled_row(row: &SqliteRow) -> Result<SpelledRow, sqlx::Error> {
    Ok(SpelledRow {
        spelling: text(row, 0)?.unwrap_or_default(),
        stored_asn: number(row, 1)?,
        row: checked_address_row(row)?,
    })
}

/// Sections of `row` that are for a prefix that does not contain its address.
pub(crate) fn strange_sections(row: &AddressRow) -> Vec<String> {
    let sections = row.enrichment.section_names().filter(|name| {
        row.enrichment
            .section(name)
            .is_some_and(|section| !section.concerns(row.address))
    });
    sections.map(str::to_owned).collect()
}

/// Everything that is wrong with `stored`.
pub(crate) fn faults(stored: &SpelledRow, policy: &Policy) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut add = |check, problem: String| faults.push(Fault { check, problem });
    let Some((row, defect)) = &stored.row else {
        add(Check::AddressSpelling, "not an IP address".to_owned());
        return faults;
    };
    let canonical = row.address.to_string();
    if canonical != stored.spelling {
        add(Check::AddressSpelling, format!("canonical is {canonical}"));
    }
    if let Some(defect) = defect {
        add(Check::DocumentShape, defect.to_string());
    }
    for name in strange_sections(row) {
        add(
            Check::SectionPrefix,
            format!("section {name} is for another prefix"),
        );
    }
    let is_special = special_purpose(row.address).is_some() || row.enrichment.is_special();
    if is_special {
        if let Some(asn) = stored.stored_asn {
            add(
                Check::BogonAttributed,
                format!("not global, but in AS{asn}"),
            );
        }
    } else if let Some((said, source)) = policy.attribution(row.address, &row.enrichment)
        && row.current_asn != Some(said)
    {
        let now = stored
            .stored_asn
            .map_or_else(|| "no AS".to_owned(), |asn| format!("AS{asn}"));
        add(
            Check::Attribution,
            format!("{now}, but {source} says {said}"),
        );
    }
    faults
}
