//! A row: what is run, and what it is compared with.

use std::cell::OnceCell;

use super::data::{BenchInput, Data};
use super::measure::Measurement;
use super::postgres::Postgres;
use super::table::TableLine;
use crate::error::{Error, Result};

/// What rows are measured with.
pub(super) struct Bench {
    pub(super) data: Data,
    /// Started when a row first needs it.
    postgres: OnceCell<Option<Postgres>>,
}

impl Bench {
    pub(super) const fn new(data: Data) -> Self {
        Self {
            data,
            postgres: OnceCell::new(),
        }
    }

    fn server(&self) -> Option<&Postgres> {
        self.postgres
            .get_or_init(|| Postgres::start(&self.data.path("")))
            .as_ref()
    }

    /// Returns the server.
    ///
    /// # Errors
    ///
    /// If PostgreSQL is not installed; its rows are not measured then.
    pub(super) fn postgres(&self) -> Result<&Postgres> {
        self.server()
            .ok_or_else(|| Error::Request("PostgreSQL is not installed".to_owned()))
    }
}

/// A row.
pub(super) struct BenchRow {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) limit_is: &'static str,
    /// The target for the ratio.
    pub(super) goal: Option<f64>,
    pub(super) needs: &'static [Need],
    pub(super) ours: fn(&Bench) -> Result<Measurement>,
    pub(super) limit: fn(&Bench) -> Result<Measurement>,
}

/// What a row requires.
#[derive(Clone, Copy, Debug)]
pub(super) enum Need {
    Data(BenchInput),
    Postgres,
    /// It takes minutes, so it is only measured on request.
    ToBeNamed,
}

impl BenchRow {
    pub(super) fn is_large(&self) -> bool {
        self.needs
            .iter()
            .any(|need| matches!(need, Need::ToBeNamed))
    }

    pub(super) fn inputs(&self) -> impl Iterator<Item = BenchInput> {
        self.needs.iter().filter_map(|need| match need {
            Need::Data(input) => Some(*input),
            Need::Postgres | Need::ToBeNamed => None,
        })
    }

    /// Whether the machine meets the requirements.
    pub(super) fn can_run(&self, bench: &Bench) -> bool {
        let needs_server = |need: &Need| matches!(need, Need::Postgres);
        !self.needs.iter().any(needs_server) || bench.server().is_some()
    }

    /// Runs both alternately this many times.
    pub(super) fn measure(&self, bench: &Bench, times: usize) -> Result<TableLine> {
        let (mut ours, mut limits) = (Vec::new(), Vec::new());
        for _ in 0..times.max(1) {
            ours.push((self.ours)(bench)?);
            limits.push((self.limit)(bench)?);
        }
        Ok(TableLine {
            name: self.name,
            what: self.what,
            ours: Measurement::median(ours),
            limit: Measurement::median(limits),
            limit_is: self.limit_is,
            goal: self.goal,
        })
    }
}
