//! How records are rendered: the format, fields and keys of a run.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use ipcascade_core::cascade::Cascade;
use ipcascade_core::policy::Policy;
use ipcascade_input::RecordForm;

use crate::commands::enrich::args::EnrichArgs;
use crate::commands::enrich::filter::chosen_fields::ChosenField;
use crate::commands::enrich::filter::members::ObjectMembers;
use crate::commands::enrich::filter::render::{RecordKey, Renderer};
use crate::commands::enrich::filter::{chosen_fields, render};
use crate::output::OutputFormat;
use crate::report::CliError;

/// What is the same for all records of a run.
pub(super) struct Style {
    pub(super) fields: Arc<[ChosenField]>,
    members: ObjectMembers,
    pub(super) key: RecordKey,
    are_cells_raw: bool,
    /// How many bytes an address recently took in the output, so that memory is reserved once for all.
    pub(super) bytes_per_address: AtomicUsize,
}

impl Style {
    pub(super) fn new(args: &EnrichArgs, cascade: &Cascade) -> Result<Self, CliError> {
        let fields: Arc<[ChosenField]> = chosen_fields::chosen(cascade, &args.fields()?).into();
        Ok(Self {
            members: ObjectMembers::new(cascade.policy(), Arc::clone(&fields), args.with_sources),
            fields,
            are_cells_raw: args.format == Some(OutputFormat::CsvRaw),
            key: RecordKey::new(args.key.as_deref().unwrap_or(render::KEY), args.replace),
            bytes_per_address: AtomicUsize::new(0),
        })
    }

    pub(super) fn renderer<'a>(&'a self, policy: &'a Policy, form: &RecordForm) -> Renderer<'a> {
        Renderer {
            policy,
            names: &self.members,
            fields: &self.fields,
            key: &self.key,
            are_cells_raw: self.are_cells_raw,
            delimiter: form.delimiter().unwrap_or(b','),
        }
    }
}
