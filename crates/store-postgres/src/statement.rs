//! Statements with their values, and their result rows.

use ipcascade_core::clock::Timestamp;
use ipcascade_store::sql::{Arg, SqlRow};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments as _, Decode, Postgres, Row as _, Type};

use crate::error::{EngineResult, Fault};

/// A row whose columns were cast to the types as which they are read.
pub(crate) struct CastRow(pub(crate) PgRow);

impl CastRow {
    fn value<'r, T: Decode<'r, Postgres> + Type<Postgres>>(
        &'r self,
        column: usize,
    ) -> EngineResult<Option<T>> {
        Ok(self.0.try_get(column)?)
    }
}

impl SqlRow for CastRow {
    type Error = Fault;

    fn text(&self, column: usize) -> EngineResult<Option<String>> {
        self.value(column)
    }

    fn number(&self, column: usize) -> EngineResult<Option<i64>> {
        self.value(column)
    }

    fn timestamp(&self, column: usize) -> EngineResult<Option<Timestamp>> {
        self.value(column)
    }

    fn flag(&self, column: usize) -> EngineResult<bool> {
        Ok(self.value(column)?.unwrap_or_default())
    }
}

/// The values of a statement.
pub(crate) fn bound(args: &[Arg<'_>]) -> EngineResult<PgArguments> {
    let mut arguments = PgArguments::default();
    for arg in args {
        let added = match *arg {
            Arg::Text(text) => arguments.add(text),
            Arg::Number(number) => arguments.add(number),
            Arg::Timestamp(timestamp) => arguments.add(timestamp),
            Arg::Texts(texts) => arguments.add(texts),
            Arg::Numbers(numbers) => arguments.add(numbers),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}
