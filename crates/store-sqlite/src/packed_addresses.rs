//! Reads many addresses: hundreds of rows as one, in the order in which they are stored.
//!
//! A row of a result costs a microsecond for each of its columns, on the thread of the connection and on the one that reads
//! them. So the database puts the rows behind one another, and they are taken apart wherever there is time.

use futures::TryStreamExt as _;
use futures::stream::{self, BoxStream, StreamExt as _};
use ipcascade_core::clock::parse_timestamp;
use ipcascade_store::engine::RowBlock;
use ipcascade_store::listing::Listing;
use ipcascade_store::schema::IP_INVENTORY;
use ipcascade_store::session_count::SessionCount;
use ipcascade_store::sql::{Arg, Dialect as _, FromRow as _, of_address};
use ipcascade_store::stored_rows::{StoredAddress, count};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, Sqlite, SqlitePool, Transaction};

use crate::columns::TableColumns;
use crate::error::Fault;
use crate::statement::{AnyRow, bound};

/// How many rows are put together.
const TOGETHER: i64 = 500;

/// Between the values of a row.
const BETWEEN_VALUES: u8 = 0x1f;
/// Between rows.
const BETWEEN_ROWS: u8 = 0x1e;

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
    let reading = Reading {
        pool,
        transaction: None,
        statements: Statements::of(columns, listing),
        columns: columns.clone(),
        listing: listing.clone(),
        after: i64::MIN,
    };
    stream::try_unfold(reading, Reading::next).boxed()
}

struct Reading<'p> {
    pool: &'p SqlitePool,
    transaction: Option<Transaction<'static, Sqlite>>,
    statements: Statements,
    columns: TableColumns,
    listing: Listing,
    /// The last row that was read.
    after: i64,
}

/// The same rows, put together and one by one.
struct Statements {
    packed: String,
    plain: String,
}

impl Statements {
    fn of(columns: &TableColumns, listing: &Listing) -> Self {
        let value = |(place, name): (usize, &&str)| {
            let value = columns.read(IP_INVENTORY, name);
            match place {
                1..5 => format!("coalesce(CAST({value} AS INTEGER), '')"),
                _ => format!("coalesce({value}, '')"),
            }
        };
        let values: Vec<String> = COLUMNS.iter().enumerate().map(value).collect();
        let texts = values.join(" || char(31) || ");
        let rows = |selected: &str| {
            let (sql, args) = listing.selecting(selected, "NOT INDEXED", columns);
            let (after, most) = (args.len() + 1, args.len() + 2);
            format!("{sql} AND i.rowid > ${after} ORDER BY i.rowid LIMIT ${most}")
        };
        Self {
            packed: format!(
                "SELECT max(place), count(*), group_concat(texts, char(30)) FROM ({})",
                rows(&format!("i.rowid AS place, {texts} AS texts"))
            ),
            plain: rows(&of_address(columns)),
        }
    }
}

impl Reading<'_> {
    async fn next(mut self) -> Result<Option<(RowBlock, Self)>, Fault> {
        let mut rows = self.read(&self.statements.packed.clone()).await?;
        let Some(row) = rows.pop() else {
            return Ok(None);
        };
        let Some(last) = row.try_get::<Option<i64>, _>(0)? else {
            return Ok(None);
        };
        let rows: i64 = row.try_get(1)?;
        let packed: Option<Vec<u8>> = row.try_get_unchecked(2)?;
        let packed = packed.unwrap_or_default();
        let block = match is_whole(&packed, rows) {
            true => RowBlock::new(move || unpacked(&packed)),
            // A value has a separator in it.
            false => {
                let rows = self.read(&self.statements.plain.clone()).await?;
                let rows = rows
                    .into_iter()
                    .map(|row| StoredAddress::from_row(&AnyRow(row)));
                let rows: Vec<StoredAddress> = rows.collect::<Result<_, Fault>>()?;
                RowBlock::new(move || rows)
            }
        };
        self.after = last;
        Ok(Some((block, self)))
    }

    async fn read(&mut self, sql: &str) -> Result<Vec<SqliteRow>, Fault> {
        let (_, mut args) = self.listing.selecting("", "", &self.columns);
        args.extend([Arg::Number(Some(self.after)), Arg::Number(Some(TOGETHER))]);
        let arguments = bound(&args)?;
        // Everything is read from one snapshot.
        let transaction = match &mut self.transaction {
            Some(transaction) => transaction,
            none => none.insert(self.pool.begin().await?),
        };
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
        Ok(query.fetch(&mut **transaction).try_collect().await?)
    }
}

/// Whether there are as many values as `rows` rows have.
fn is_whole(packed: &[u8], rows: i64) -> bool {
    let found = |separator| memchr::memchr_iter(separator, packed).count() as u64;
    let rows = rows.unsigned_abs();
    found(BETWEEN_ROWS) + 1 == rows && found(BETWEEN_VALUES) == rows * (COLUMNS.len() as u64 - 1)
}

fn unpacked(packed: &[u8]) -> Vec<StoredAddress> {
    let rows = packed.split(|byte| *byte == BETWEEN_ROWS);
    rows.map(row).collect()
}

fn row(row: &[u8]) -> StoredAddress {
    let mut values = row.split(|byte| *byte == BETWEEN_VALUES);
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
    fn rows_are_whole_if_nothing_in_them_looks_like_a_separator() {
        let row =
            b"192.0.2.1\x1f64500\x1f2\x1f\x1f0\x1f\x1f2026-01-01 00:00:00.000000\x1f\x1f\x1f{}";
        let two = [&row[..], row].join(&BETWEEN_ROWS);
        assert!(is_whole(row, 1) && is_whole(&two, 2));
        assert!(!is_whole(row, 2) && !is_whole(&two, 1));
        assert!(!is_whole(b"a\x1fb", 1));
        let rows = unpacked(&two);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1].key, "192.0.2.1");
        assert_eq!(rows[1].current_asn, Some(64500));
        assert_eq!((rows[1].sessions.total, rows[1].sessions.rows), (2, None));
        assert!(rows[1].first_seen.is_some() && rows[1].last_seen.is_none());
        assert_eq!(rows[1].document.as_deref(), Some("{}"));
    }
}
