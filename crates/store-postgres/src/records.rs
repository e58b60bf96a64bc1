//! Reading rows to copy them.

use std::collections::HashMap;

use ipcascade_core::{
    Address, AddressRecord, AsnRecord, HistoryRow, LeftOut, Page, RecordKind, Records,
    SessionRecord, Which,
};
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{Postgres, QueryBuilder, Row as _};

use crate::errors::Outcome;
use crate::rows::{
    ADDRESS_WIDTH, ASN_COLUMNS, asn_row, count, history_row, session_columns, session_row,
    stored_address,
};
use crate::shape::Shape;
use crate::store::PgStore;
use crate::transaction::Connection;

impl PgStore {
    pub(crate) async fn read_records_once(
        &self,
        kind: RecordKind,
        which: Which<'_>,
    ) -> Outcome<Page> {
        let mut transaction = self.begin().await?;
        // Pages follow the index of the key, however few rows the table had when it was last looked at.
        sqlx::query("SELECT set_config('enable_seqscan', 'off', true)")
            .execute(&mut *transaction)
            .await?;
        let page = read(&mut transaction, &self.shape(), kind, which).await?;
        transaction.rollback().await?;
        Ok(page)
    }
}

/// SQL for how many sessions of the address `i` are known only as a number.
const ONLY_COUNTED: &str = "greatest(coalesce(i.session_count, 0)
    - (SELECT count(*) FROM session_summaries s WHERE s.source_ip = i.ip_address), 0)::bigint";

/// Where rows of a kind are.
fn select(kind: RecordKind, shape: &Shape) -> (&'static str, String) {
    match kind {
        RecordKind::Asn => (
            "a.asn_number",
            format!("{ASN_COLUMNS}, a.enrichment_updated_at::timestamptz FROM asn_inventory a"),
        ),
        RecordKind::Address | RecordKind::History => {
            let version = match shape.has_document_version {
                true => "i.enrichment_version::text",
                false => "NULL::text",
            };
            (
                "i.ip_address",
                format!(
                    "{}, {version}, {ONLY_COUNTED} FROM ip_inventory i",
                    shape.address_columns()
                ),
            )
        }
        RecordKind::Session => {
            let document = match shape.session_document {
                Some(_) => "s.enrichment::text",
                None => "NULL::text",
            };
            let columns = session_columns(shape);
            (
                "s.session_id",
                format!("{columns}, {document} FROM session_summaries s"),
            )
        }
    }
}

/// Reads rows with `connection`. Keys are compared in the order of their own column, whatever that
/// is, because the index has the same.
pub(crate) async fn read(
    connection: &mut Connection,
    shape: &Shape,
    kind: RecordKind,
    which: Which<'_>,
) -> Outcome<Page> {
    let (key, columns_and_table) = select(kind, shape);
    let number = |text: &str| text.parse::<i64>().unwrap_or_default();
    let mut sql: QueryBuilder<Postgres> = QueryBuilder::new("SELECT ");
    sql.push(columns_and_table);
    match which {
        Which::Keys(keys) => {
            sql.push(format!(" WHERE {key} = ANY ("));
            match kind {
                RecordKind::Asn => {
                    sql.push_bind(keys.iter().map(|key| number(key)).collect::<Vec<i64>>())
                }
                _ => sql.push_bind(keys.to_vec()),
            };
            sql.push(")");
        }
        Which::Page { after, limit } => {
            if let Some(after) = after {
                sql.push(format!(" WHERE {key} > "));
                match kind {
                    RecordKind::Asn => sql.push_bind(number(after)),
                    _ => sql.push_bind(after.to_owned()),
                };
            }
            sql.push(format!(" ORDER BY {key} LIMIT "))
                .push_bind(i64::from(limit));
        }
    }
    let rows = sql.build().fetch_all(&mut *connection).await?;
    let mut page = Page {
        records: Records::none(kind),
        left_out: Vec::new(),
        last: match (rows.last(), kind) {
            (Some(row), RecordKind::Asn) => Some(row.try_get::<i64, _>(0)?.to_string()),
            (Some(row), _) => Some(row.try_get(0)?),
            (None, _) => None,
        },
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

fn left_out(kind: RecordKind, key: String, reason: &str) -> LeftOut {
    LeftOut {
        kind,
        key,
        reason: reason.to_owned(),
    }
}

fn read_asn(row: &PgRow, records: &mut Vec<AsnRecord>, refused: &mut Vec<LeftOut>) -> Outcome<()> {
    match asn_row(row)? {
        Some(decoded) => records.push(AsnRecord {
            row: decoded,
            enrichment_updated_at: row.try_get(12)?,
        }),
        None => {
            let number: i64 = row.try_get(0)?;
            refused.push(left_out(
                RecordKind::Asn,
                number.to_string(),
                LeftOut::NO_ASN,
            ));
        }
    }
    Ok(())
}

fn read_address(
    row: &PgRow,
    records: &mut Vec<AddressRecord>,
    refused: &mut Vec<LeftOut>,
) -> Outcome<()> {
    let stored = stored_address(row)?;
    let reason = match stored.decode().map(|(row, _)| row) {
        Some(decoded) if decoded.address.to_string() == stored.key => {
            records.push(AddressRecord {
                row: decoded,
                enrichment_version: row.try_get(ADDRESS_WIDTH)?,
                sessions_without_row: count(row.try_get(ADDRESS_WIDTH + 1)?),
                history: Vec::new(),
            });
            return Ok(());
        }
        Some(_) => LeftOut::SPELLING,
        None => LeftOut::NO_ADDRESS,
    };
    refused.push(left_out(RecordKind::Address, stored.key, reason));
    Ok(())
}

fn read_session(
    row: &PgRow,
    records: &mut Vec<SessionRecord>,
    refused: &mut Vec<LeftOut>,
) -> Outcome<()> {
    let decoded = session_row(row)?;
    let source: Option<String> = row.try_get(1)?;
    if decoded.source_ip.is_none() && source.is_some() {
        let key = decoded.session_id;
        refused.push(left_out(
            RecordKind::Session,
            key,
            LeftOut::NO_SOURCE_ADDRESS,
        ));
        return Ok(());
    }
    let document: Option<String> = row.try_get(9)?;
    records.push(SessionRecord {
        row: decoded,
        enrichment: document.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))),
    });
    Ok(())
}

async fn add_history(
    connection: &mut Connection,
    records: &mut [AddressRecord],
    refused: &mut Vec<LeftOut>,
) -> Outcome<()> {
    let addresses: Vec<String> = records
        .iter()
        .map(|record| record.row.address.to_string())
        .collect();
    let rows = sqlx::query(
        "SELECT ip_address::text, asn_number::bigint, observed_at::timestamptz,
                verification_source::text
         FROM ip_asn_history WHERE ip_address = ANY ($1)",
    )
    .bind(&addresses)
    .fetch_all(connection)
    .await?;
    let mut history: HashMap<Address, Vec<HistoryRow>> = HashMap::new();
    for row in &rows {
        match history_row(row)? {
            Some(row) => history.entry(row.address).or_default().push(row),
            None => refused.push(left_out(
                RecordKind::History,
                row.try_get(0)?,
                LeftOut::NO_ASN,
            )),
        }
    }
    for record in records {
        record.history = history.remove(&record.row.address).unwrap_or_default();
    }
    Ok(())
}
