//! The rows of a list, read from a cursor on the server so that memory stays bounded.

use std::collections::VecDeque;

use futures::stream::{self, BoxStream, StreamExt as _};
use ipcascade_store::lists::{Cell, ListSql, Listing, StoredRow, Test, alias};
use ipcascade_store::schema::{ASN_INVENTORY, IP_INVENTORY, Kind, Table};
use sqlx::Arguments as _;
use sqlx::postgres::{PgArguments, PgRow};

use crate::cursor::{CHUNK, Cursor};
use crate::database::PgEngine;
use crate::errors::{Fault, Outcome};
use crate::rows::{ASN_COLUMNS, session_columns, stored_address, stored_asn, stored_session};
use crate::shape::Shape;
use crate::transaction::Transaction;

impl ListSql for Shape {
    fn columns(&self, table: &Table) -> String {
        match table.name {
            name if name == ASN_INVENTORY.name => ASN_COLUMNS.to_owned(),
            name if name == IP_INVENTORY.name => self.address_columns(),
            _ => session_columns(self),
        }
    }

    fn comparable(&self, table: &Table, column: &str) -> String {
        let plain = format!("{}.{column}", alias(table));
        match table.kind_of(column) {
            Some(Kind::Text | Kind::Limited(_) | Kind::Address | Kind::Id) => {
                format!("{plain} COLLATE \"C\"")
            }
            _ => plain,
        }
    }

    /// An index serves the plain form only.
    fn greatest_first(&self, table: &Table, column: &str) -> &'static str {
        match self.is_nullable(table.name, column) {
            true => "DESC NULLS LAST",
            false => "DESC",
        }
    }
}

/// Whether a row may have what is asked for: text in PostgreSQL has no zero byte.
fn may_match(listing: &Listing) -> bool {
    let mut tests = listing.filters.iter().map(|filter| &filter.test);
    !tests.any(|test| match test {
        Test::Is(Cell::Text(text)) | Test::IsInAnyCase(text) => text.contains('\0'),
        _ => false,
    })
}

/// Streams the rows of a list.
pub(crate) fn rows<'e>(
    engine: &'e PgEngine,
    listing: &Listing,
) -> BoxStream<'e, Outcome<StoredRow>> {
    if !may_match(listing) {
        return stream::empty().boxed();
    }
    let table = listing.table;
    let (sql, cells) = listing.sql(&*engine.shape());
    let begin = Reading::Begin(sql, cells);
    let rows = stream::try_unfold(begin, move |reading| reading.next(engine));
    rows.map(move |row| Ok(stored(&row?, table)?)).boxed()
}

fn stored(row: &PgRow, table: &Table) -> Result<StoredRow, sqlx::Error> {
    Ok(match table.name {
        name if name == ASN_INVENTORY.name => StoredRow::Asn(stored_asn(row)?),
        name if name == IP_INVENTORY.name => StoredRow::Address(stored_address(row)?),
        _ => StoredRow::Session(stored_session(row)?),
    })
}

/// How far a list has been read.
enum Reading {
    Begin(String, Vec<Cell>),
    GoOn {
        transaction: Transaction,
        cursor: Cursor,
        rows: VecDeque<PgRow>,
        is_exhausted: bool,
    },
}

impl Reading {
    /// The next row, and how to go on after it.
    async fn next(self, engine: &PgEngine) -> Outcome<Option<(PgRow, Self)>> {
        let (mut transaction, cursor, mut rows, mut is_exhausted) = match self {
            Self::Begin(sql, cells) => {
                let mut transaction = engine.begin_snapshot().await?;
                let cursor = Cursor::open(&mut transaction, &sql, bound(cells)?).await?;
                (transaction, cursor, VecDeque::new(), false)
            }
            Self::GoOn {
                transaction,
                cursor,
                rows,
                is_exhausted,
            } => (transaction, cursor, rows, is_exhausted),
        };
        if rows.is_empty() && !is_exhausted {
            rows = cursor.fetch(&mut transaction).await?.into();
            is_exhausted = rows.len() < CHUNK;
        }
        let Some(row) = rows.pop_front() else {
            transaction.rollback().await?;
            return Ok(None);
        };
        let rest = Self::GoOn {
            transaction,
            cursor,
            rows,
            is_exhausted,
        };
        Ok(Some((row, rest)))
    }
}

fn bound(cells: Vec<Cell>) -> Outcome<PgArguments> {
    let mut arguments = PgArguments::default();
    for cell in cells {
        let bound = match cell {
            Cell::Number(number) => arguments.add(number),
            Cell::Moment(moment) => arguments.add(moment),
            Cell::Text(text) => arguments.add(text),
        };
        bound.map_err(|error| Fault::Database(sqlx::Error::Encode(error)))?;
    }
    Ok(arguments)
}
