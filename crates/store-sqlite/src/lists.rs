//! The rows of a list.

use futures::stream::{BoxStream, StreamExt as _};
use ipcascade_store::lists::{Cell, ListSql, Listing, StoredRow, alias};
use ipcascade_store::schema::{ASN_INVENTORY, IP_INVENTORY, Kind, Table};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, SqlitePool};

use crate::columns::Columns;
use crate::error::Fault;
use crate::moment::{self, normalised};
use crate::rows::{ASN_COLUMNS, SESSION_COLUMNS, stored_address, stored_asn, stored_session};

impl ListSql for Columns {
    fn columns(&self, table: &Table) -> String {
        match table.name {
            name if name == ASN_INVENTORY.name => ASN_COLUMNS.to_owned(),
            name if name == IP_INVENTORY.name => self.of_address(),
            _ => SESSION_COLUMNS.to_owned(),
        }
    }

    fn comparable(&self, table: &Table, column: &str) -> String {
        let plain = format!("{}.{column}", alias(table));
        let is_moment = |kind| kind == Some(Kind::Moment);
        match is_moment(table.kind_of(column)) {
            true => normalised(&plain),
            false => plain,
        }
    }

    /// NULL is less than anything else.
    fn greatest_first(&self, _: &Table, _: &str) -> &'static str {
        "DESC"
    }
}

/// Streams the rows of a list.
pub(crate) fn rows<'p>(
    pool: &'p SqlitePool,
    columns: &Columns,
    listing: &Listing,
) -> BoxStream<'p, Result<StoredRow, Fault>> {
    let (sql, cells) = listing.sql(columns);
    let mut arguments = SqliteArguments::default();
    for cell in cells {
        let bound = match cell {
            Cell::Number(number) => arguments.add(number),
            Cell::Moment(moment) => arguments.add(moment::text(moment)),
            Cell::Text(text) => arguments.add(text),
        };
        if let Err(error) = bound {
            let fault = Fault::Database(sqlx::Error::Encode(error));
            return futures::stream::iter([Err(fault)]).boxed();
        }
    }
    let table = listing.table;
    let rows = sqlx::query_with(AssertSqlSafe(sql), arguments).fetch(pool);
    rows.map(move |row| Ok(stored(&row?, table)?)).boxed()
}

fn stored(row: &SqliteRow, table: &Table) -> Result<StoredRow, sqlx::Error> {
    Ok(match table.name {
        name if name == ASN_INVENTORY.name => StoredRow::Asn(stored_asn(row)?),
        name if name == IP_INVENTORY.name => StoredRow::Address(stored_address(row)?),
        _ => StoredRow::Session(stored_session(row)?),
    })
}
