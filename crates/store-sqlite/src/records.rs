//! Reading rows to copy them.

use std::collections::HashMap;

use ipcascade_core::{
    Address, AddressRecord, AsnRecord, HistoryRow, LeftOut, Page, RecordKind, Records,
    SessionRecord, StoreResult, Which,
};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, Row as _, SqliteConnection};

use crate::SqliteStore;
use crate::bulk::json_list;
use crate::columns::Columns;
use crate::error::Explain as _;
use crate::rows::{
    ADDRESS_WIDTH, ASN_COLUMNS, HISTORY_COLUMNS, SESSION_COLUMNS, address_row, asn_row, count,
    foreign_document, history_row, moment, session_row, text,
};

impl SqliteStore {
    pub(crate) async fn records(&self, kind: RecordKind, which: Which<'_>) -> StoreResult<Page> {
        let action = "read rows to copy";
        let mut connection = self.reading().acquire().await.explain(&self.path, action)?;
        read(&mut connection, &self.columns, kind, which)
            .await
            .explain(&self.path, action)
    }
}

/// Where rows of a kind are. The last two columns are the type and the bytes of the key.
struct Source {
    key: &'static str,
    table: &'static str,
    columns: String,
}

/// SQL for how many sessions of the address `i` are known only as a number.
const ONLY_COUNTED: &str = "max(coalesce(i.session_count, 0) - (SELECT count(*) FROM session_summaries s \
    WHERE s.source_ip = i.ip_address), 0)";

fn source(kind: RecordKind, own: &Columns) -> Source {
    let (key, table, columns) = match kind {
        RecordKind::Asn => (
            "a.asn_number",
            "asn_inventory a",
            format!("{ASN_COLUMNS}, a.enrichment_updated_at"),
        ),
        RecordKind::Address | RecordKind::History => (
            "i.ip_address",
            "ip_inventory i",
            format!(
                "{}, {}, {ONLY_COUNTED}",
                own.of_address(),
                own.address_column("enrichment_version")
            ),
        ),
        RecordKind::Session => (
            "s.session_id",
            "session_summaries s",
            format!("{SESSION_COLUMNS}, s.enrichment"),
        ),
    };
    Source {
        key,
        table,
        columns: format!("{columns}, typeof({key}), CAST({key} AS BLOB)"),
    }
}

/// Reads rows with `connection`.
pub(crate) async fn read(
    connection: &mut SqliteConnection,
    own: &Columns,
    kind: RecordKind,
    which: Which<'_>,
) -> Result<Page, sqlx::Error> {
    let Source {
        key,
        table,
        columns,
    } = source(kind, own);
    let mut arguments = SqliteArguments::default();
    let sql = match which {
        Which::Keys(keys) => {
            arguments
                .add(json_list(keys))
                .map_err(sqlx::Error::Encode)?;
            let value = match kind {
                RecordKind::Asn => "CAST(j.value AS INTEGER)",
                _ => "j.value",
            };
            format!("SELECT {columns} FROM json_each(?1) j CROSS JOIN {table} ON {key} = {value}")
        }
        Which::Page { after, limit } => {
            let mut sql = format!("SELECT {columns} FROM {table}");
            if let Some((of_type, bytes)) = after.and_then(parse_position) {
                let after = match of_type {
                    "null" => format!("{key} IS NOT NULL OR ?1 IS NULL"),
                    "integer" => format!("{key} > CAST(CAST(?1 AS TEXT) AS INTEGER)"),
                    "real" => format!("{key} > CAST(CAST(?1 AS TEXT) AS REAL)"),
                    "blob" => format!("{key} > ?1"),
                    _ => format!("{key} > CAST(?1 AS TEXT)"),
                };
                sql.push_str(&format!(" WHERE {after}"));
                arguments.add(bytes).map_err(sqlx::Error::Encode)?;
            }
            sql.push_str(&format!(" ORDER BY {key} LIMIT {limit}"));
            sql
        }
    };
    let rows = sqlx::query_with(AssertSqlSafe(sql), arguments)
        .fetch_all(&mut *connection)
        .await?;
    let mut page = Page {
        records: Records::none(kind),
        left_out: Vec::new(),
        last: rows.last().map(position).transpose()?,
    };
    for row in &rows {
        match &mut page.records {
            Records::Asns(records) => read_asn(row, records, &mut page.left_out)?,
            Records::Addresses(records) => read_address(row, records, &mut page.left_out)?,
            Records::Sessions(records) => read_session(row, records, &mut page.left_out)?,
        }
    }
    if let Records::Addresses(records) = &mut page.records {
        add_history(connection, records, &mut page.left_out).await?;
    }
    Ok(page)
}

/// The type and bytes of the key: columns of adopted tables may hold keys of several types, which
/// SQLite sorts one after the other, and text that is no UTF-8.
fn position(row: &SqliteRow) -> Result<String, sqlx::Error> {
    let of_type: String = row.try_get(row.len() - 2)?;
    let bytes: Option<Vec<u8>> = row.try_get_unchecked(row.len() - 1)?;
    let hex: String = bytes
        .unwrap_or_default()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(format!("{of_type}:{hex}"))
}

fn parse_position(position: &str) -> Option<(&str, Vec<u8>)> {
    let (of_type, hex) = position.split_once(':')?;
    let bytes = hex.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = bytes
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    Some((of_type, bytes?))
}

fn left_out(kind: RecordKind, key: Option<String>, reason: &str) -> LeftOut {
    LeftOut {
        kind,
        key: key.unwrap_or_default(),
        reason: reason.to_owned(),
    }
}

fn read_asn(
    row: &SqliteRow,
    records: &mut Vec<AsnRecord>,
    refused: &mut Vec<LeftOut>,
) -> Result<(), sqlx::Error> {
    match asn_row(row)? {
        Some(decoded) => records.push(AsnRecord {
            row: decoded,
            enrichment_updated_at: moment(row, 12)?,
        }),
        None => refused.push(left_out(RecordKind::Asn, text(row, 0)?, LeftOut::NO_ASN)),
    }
    Ok(())
}

fn read_address(
    row: &SqliteRow,
    records: &mut Vec<AddressRecord>,
    refused: &mut Vec<LeftOut>,
) -> Result<(), sqlx::Error> {
    let spelling = text(row, 0)?;
    let reason = match address_row(row)? {
        Some(decoded) if Some(decoded.address.to_string()) == spelling => {
            records.push(AddressRecord {
                row: decoded,
                enrichment_version: text(row, ADDRESS_WIDTH)?,
                sessions_without_row: count(row, ADDRESS_WIDTH + 1)?,
                history: Vec::new(),
            });
            return Ok(());
        }
        Some(_) => LeftOut::SPELLING,
        None => LeftOut::NO_ADDRESS,
    };
    refused.push(left_out(RecordKind::Address, spelling, reason));
    Ok(())
}

fn read_session(
    row: &SqliteRow,
    records: &mut Vec<SessionRecord>,
    refused: &mut Vec<LeftOut>,
) -> Result<(), sqlx::Error> {
    let id = text(row, 0)?;
    let decoded = session_row(row)?;
    if id.is_none() {
        refused.push(left_out(RecordKind::Session, id, LeftOut::NO_ID));
    } else if decoded.source_ip.is_none() && text(row, 1)?.is_some() {
        refused.push(left_out(
            RecordKind::Session,
            id,
            LeftOut::NO_SOURCE_ADDRESS,
        ));
    } else {
        records.push(SessionRecord {
            row: decoded,
            enrichment: foreign_document(row, 9)?,
        });
    }
    Ok(())
}

async fn add_history(
    connection: &mut SqliteConnection,
    records: &mut [AddressRecord],
    refused: &mut Vec<LeftOut>,
) -> Result<(), sqlx::Error> {
    let sql = format!(
        "SELECT {HISTORY_COLUMNS} FROM json_each(?1) j CROSS JOIN ip_asn_history h ON h.ip_address = j.value"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(json_list(records.iter().map(|record| record.row.address)))
        .fetch_all(connection)
        .await?;
    let mut history: HashMap<Address, Vec<HistoryRow>> = HashMap::new();
    for row in &rows {
        match history_row(row)? {
            Some(row) => history.entry(row.address).or_default().push(row),
            None => refused.push(left_out(
                RecordKind::History,
                text(row, 0)?,
                LeftOut::NO_ASN,
            )),
        }
    }
    for record in records {
        record.history = history.remove(&record.row.address).unwrap_or_default();
    }
    Ok(())
}
