//! How records are rendered, and the results of one.

use ipcascade_core::policy::Policy;

use crate::commands::enrich::filter::chosen_fields::ChosenField;
use crate::commands::enrich::filter::members::ObjectMembers;
use crate::commands::enrich::filter::render::record_key::RecordKey;
use crate::commands::enrich::filter::template::View;

/// How records are rendered.
pub(in crate::commands::enrich::filter) struct Renderer<'a> {
    pub(in crate::commands::enrich::filter) policy: &'a Policy,
    pub(in crate::commands::enrich::filter) names: &'a ObjectMembers,
    /// The fields that are added to CSV.
    pub(in crate::commands::enrich::filter) fields: &'a [ChosenField],
    /// The key under which NDJSON records get the results.
    pub(in crate::commands::enrich::filter) key: &'a RecordKey,
    /// Whether text in CSV that spreadsheets take for a formula stays as it is.
    pub(in crate::commands::enrich::filter) are_cells_raw: bool,
    /// The delimiter of CSV.
    pub(in crate::commands::enrich::filter) delimiter: u8,
}

/// The addresses of a record.
#[derive(Debug)]
pub(in crate::commands::enrich::filter) struct Group<'a> {
    pub(in crate::commands::enrich::filter) views: &'a [&'a View],
    /// The requested fields, if there are several, and the field of each address.
    pub(in crate::commands::enrich::filter) names: &'a [&'a str],
    pub(in crate::commands::enrich::filter) fields: &'a [usize],
}
