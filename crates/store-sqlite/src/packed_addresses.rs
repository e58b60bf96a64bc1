//! Many addresses, in the order in which they are stored.

use futures::stream::{self, BoxStream, StreamExt as _};
use ipcascade_core::clock::parse_timestamp;
use ipcascade_store::engine::RowBlock;
use ipcascade_store::listing::Listing;
use ipcascade_store::schema::IP_INVENTORY;
use ipcascade_store::session_count::SessionCount;
use ipcascade_store::sql::{Dialect as _, FromRow as _, alias, of_address};
use ipcascade_store::stored_rows::{StoredAddress, count};
use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::columns::TableColumns;
use crate::error::Fault;
use crate::packed::{PackedRows, Rows, unpacked};

/// How many rows are put together.
const TOGETHER: i64 = 500;

/// The columns: the key, numbers, times, the document.
const COLUMNS: [&str; 10] = [
    "ip_address",
    "current_asn",
    "session_count",
    "session_rows",
    "sessions_without_row",
    "asn_last_verified",
    "first_seen",
    "last_seen",
    "enrichment_updated_at",
    "enrichment",
];

/// The rows of `listing`, read from the beginning of the table to its end.
pub(crate) fn blocks<'p>(
    pool: &'p SqlitePool,
    columns: &TableColumns,
    listing: &Listing,
) -> BoxStream<'p, Result<RowBlock, Fault>> {
    let value = |(place, name): (usize, &&str)| {
        let value = columns.read(IP_INVENTORY, name);
        match place {
            1..5 => format!("CAST({value} AS INTEGER)"),
            _ => value,
        }
    };
    let values: Vec<String> = COLUMNS.iter().enumerate().map(value).collect();
    let (rows, args) = listing.condition("NOT INDEXED", columns);
    let selected = (&*of_address(columns), &*rows);
    let reading = Reading {
        pool,
        transaction: None,
        rows: PackedRows::new(selected, alias(IP_INVENTORY), &values, args.len(), TOGETHER),
        columns: columns.clone(),
        listing: listing.clone(),
    };
    stream::try_unfold(reading, Reading::next).boxed()
}

struct Reading<'p> {
    pool: &'p SqlitePool,
    /// Everything is read from one snapshot.
    transaction: Option<Transaction<'static, Sqlite>>,
    rows: PackedRows,
    columns: TableColumns,
    listing: Listing,
}

impl Reading<'_> {
    async fn next(mut self) -> Result<Option<(RowBlock, Self)>, Fault> {
        let transaction = match &mut self.transaction {
            Some(transaction) => transaction,
            none => none.insert(self.pool.begin().await?),
        };
        let (_, args) = self.listing.condition("", &self.columns);
        let rows = self.rows.read(transaction, &args).await?;
        let block = match rows {
            None => return Ok(None),
            Some(Rows::Packed(packed)) => {
                RowBlock::new(move || unpacked(&packed).map(row).collect())
            }
            Some(Rows::Plain(rows)) => {
                let rows = rows.iter().map(StoredAddress::from_row);
                let rows: Vec<StoredAddress> = rows.collect::<Result<_, Fault>>()?;
                RowBlock::new(move || rows)
            }
        };
        Ok(Some((block, self)))
    }
}

fn row<'p>(mut values: impl Iterator<Item = &'p [u8]>) -> StoredAddress {
    let mut text = || {
        values
            .next()
            .map(String::from_utf8_lossy)
            .filter(|text| !text.is_empty())
    };
    let key = text().unwrap_or_default().into_owned();
    let mut number = || text()?.parse::<i64>().ok();
    let (current_asn, total, rows, without_row) = (number(), number(), number(), number());
    let mut time = || text().and_then(|text| parse_timestamp(&text));
    StoredAddress {
        key,
        current_asn,
        sessions: SessionCount {
            total: count(total),
            rows: rows.map(|rows| count(Some(rows))),
            without_row: count(without_row),
        },
        asn_last_verified: time(),
        first_seen: time(),
        last_seen: time(),
        enrichment_updated_at: time(),
        document: text().map(std::borrow::Cow::into_owned),
        enrichment_version: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_in_the_order_of_the_columns() {
        let packed =
            b"192.0.2.1\x1f64500\x1f2\x1f\x1f0\x1f\x1f2026-01-01 00:00:00.000000\x1f\x1f\x1f{}";
        let rows: Vec<StoredAddress> = unpacked(packed).map(row).collect();
        let [read] = rows.as_slice() else {
            panic!("one row is needed")
        };
        assert_eq!((&*read.key, read.current_asn), ("192.0.2.1", Some(64500)));
        assert_eq!((read.sessions.total, read.sessions.rows), (2, None));
        assert!(read.first_seen.is_some() && read.last_seen.is_none());
        assert_eq!(read.document.as_deref(), Some("{}"));
    }
}
