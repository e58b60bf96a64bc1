//! Lists and single rows.

use std::collections::HashMap;
use std::net::IpAddr;

use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use ipcascade_core::{
    Address, AddressOrder, AddressQuery, AddressRow, Asn, AsnOrder, AsnQuery, AsnRow, HistoryRow,
    SessionQuery, SessionRow, StoreResult, Totals,
};
use ipcascade_store::stored::{StoredAddress, StoredAsn, StoredHistory};
use ipnet::IpNet;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, Encode, Sqlite, Type};

use crate::SqliteStore;
use crate::columns::Columns;
use crate::error::Explain as _;
use crate::moment::{self, normalised};
use crate::read;
use crate::rows::{
    ASN_COLUMNS, HISTORY_COLUMNS, SESSION_COLUMNS, address_row, asn_row, count, stored_history,
    stored_session,
};

/// More rows than asked for that are read at most, to make up for rows that cannot be represented.
const SLACK: u64 = 1000;

/// The text that every address inside a prefix begins with.
fn leading_text(prefix: &IpNet) -> String {
    let full = |bits: u8| usize::from(prefix.prefix_len() / bits);
    match prefix.network() {
        IpAddr::V4(network) => {
            let octets = network.octets();
            octets
                .iter()
                .take(full(8).min(3))
                .map(|octet| format!("{octet}."))
                .collect()
        }
        // A group of zeros may be part of `::`, from which on the text is not known.
        IpAddr::V6(network) => {
            let groups = network.segments();
            groups
                .iter()
                .take(full(16).min(7))
                .take_while(|&&group| group != 0)
                .map(|group| format!("{group:x}:"))
                .collect()
        }
    }
}

/// A query under construction.
struct Select {
    sql: String,
    arguments: SqliteArguments,
    next: &'static str,
    limit: Option<u64>,
}

impl Select {
    fn new(columns: &str, table: &str, limit: Option<u64>) -> Self {
        Self {
            sql: format!("SELECT {columns} FROM {table}"),
            arguments: SqliteArguments::default(),
            next: " WHERE ",
            limit,
        }
    }

    fn and(&mut self, condition: &str) {
        self.sql
            .push_str(std::mem::replace(&mut self.next, " AND "));
        self.sql.push_str(condition);
    }

    /// `condition` ends before its `?`.
    fn and_bind<'q, T: Encode<'q, Sqlite> + Type<Sqlite>>(
        &mut self,
        condition: &str,
        value: T,
    ) -> Result<(), sqlx::Error> {
        self.and(condition);
        self.sql.push_str(" ?");
        self.arguments.add(value).map_err(sqlx::Error::Encode)
    }

    fn order_by(&mut self, order: &str) {
        self.sql.push_str(" ORDER BY ");
        self.sql.push_str(order);
        if let Some(limit) = self.limit {
            self.sql.push_str(&format!(
                " LIMIT {}",
                limit.saturating_add(SLACK).min(1 << 62)
            ));
        }
    }
}

fn asns(query: &AsnQuery) -> Result<Select, sqlx::Error> {
    // Whether a name contains a text in any case is beyond SQLite, which knows ASCII only.
    let limit = query.limit.filter(|_| query.organization.is_none());
    let mut select = Select::new(ASN_COLUMNS, "asn_inventory a", limit);
    if let Some(country) = &query.country {
        select.and_bind(
            "upper(a.organization_country) =",
            country.to_ascii_uppercase(),
        )?;
    }
    if let Some(registry) = &query.registry {
        select.and_bind("lower(a.rir_registry) =", registry.to_ascii_lowercase())?;
    }
    let last_seen = normalised("a.last_seen");
    if let Some(since) = query.seen_since {
        select.and_bind(&format!("{last_seen} >="), moment::text(since))?;
    }
    if !query.include_empty {
        select.and("a.unique_ip_count > 0");
    }
    match query.order {
        AsnOrder::Number => select.order_by("a.asn_number"),
        AsnOrder::Sessions => {
            select.order_by("a.total_session_count DESC, a.unique_ip_count DESC, a.asn_number");
        }
        AsnOrder::Addresses => {
            select.order_by("a.unique_ip_count DESC, a.total_session_count DESC, a.asn_number");
        }
        AsnOrder::LastSeen => select.order_by(&format!("{last_seen} DESC, a.asn_number")),
    }
    Ok(select)
}

fn addresses(query: &AddressQuery, columns: &Columns) -> Result<Select, sqlx::Error> {
    let limit = query.limit.filter(|_| query.prefix.is_none());
    let mut select = Select::new(&columns.of_address(), "ip_inventory i", limit);
    if let Some(asn) = query.asn {
        select.and_bind("i.current_asn =", i64::from(asn))?;
    }
    if query.unattributed {
        select.and("i.current_asn IS NULL");
    }
    if let Some(start) = query
        .prefix
        .as_ref()
        .map(leading_text)
        .filter(|start| !start.is_empty())
    {
        let end = format!(
            "{}{}",
            &start[..start.len() - 1],
            if start.ends_with('.') { '/' } else { ';' }
        );
        select.and_bind("i.ip_address >=", start)?;
        select.and_bind("i.ip_address <", end)?;
    }
    let last_seen = normalised("i.last_seen");
    if let Some(since) = query.seen_since {
        select.and_bind(&format!("{last_seen} >="), moment::text(since))?;
    }
    if let Some(after) = query.after {
        select.and_bind("i.ip_address >", after.to_string())?;
    }
    match query.order {
        AddressOrder::Address => select.order_by("i.ip_address"),
        AddressOrder::Sessions => select.order_by("i.session_count DESC, i.ip_address"),
        AddressOrder::LastSeen => select.order_by(&format!("{last_seen} DESC, i.ip_address")),
    }
    Ok(select)
}

fn sessions(query: &SessionQuery) -> Result<Select, sqlx::Error> {
    let mut select = Select::new(SESSION_COLUMNS, "session_summaries s", query.limit);
    if let Some(address) = query.address {
        select.and_bind("s.source_ip =", address.to_string())?;
    }
    if let Some(asn) = query.asn {
        select.and_bind("s.snapshot_asn =", i64::from(asn))?;
    }
    if let Some(id) = &query.id {
        select.and_bind("s.session_id =", id.clone())?;
    }
    let last_event = normalised("s.last_event_at");
    if let Some(since) = query.since {
        select.and_bind(&format!("{last_event} >="), moment::text(since))?;
    }
    select.order_by(&format!("{last_event} DESC, s.session_id"));
    Ok(select)
}

impl SqliteStore {
    /// Runs a list; rows for which `decode` has nothing are passed over.
    fn list<T: Send + 'static>(
        &self,
        select: Result<Select, sqlx::Error>,
        limit: Option<u64>,
        decode: impl Fn(&SqliteRow) -> Result<Option<T>, sqlx::Error> + Send + 'static,
    ) -> BoxStream<'_, StoreResult<T>> {
        let select = match select {
            Ok(select) => select,
            Err(error) => {
                let failed = Err(error).explain(&self.path, "list rows");
                return futures::stream::iter([failed]).boxed();
            }
        };
        let limit = limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        });
        sqlx::query_with(AssertSqlSafe(select.sql), select.arguments)
            .fetch(self.reading())
            .try_filter_map(move |row| std::future::ready(decode(&row)))
            .map(|row| row.explain(&self.path, "list rows"))
            .take(limit)
            .boxed()
    }

    pub(crate) fn list_asns(&self, query: &AsnQuery) -> BoxStream<'_, StoreResult<AsnRow>> {
        let wanted = query.organization.as_ref().map(|name| name.to_lowercase());
        self.list(asns(query), query.limit, move |row| {
            let row = asn_row(row)?;
            Ok(row.filter(|row| {
                wanted.as_ref().is_none_or(|wanted| {
                    let name = row.organization_name.as_deref().unwrap_or_default();
                    name.to_lowercase().contains(wanted)
                })
            }))
        })
    }

    pub(crate) fn list_addresses(
        &self,
        query: &AddressQuery,
    ) -> BoxStream<'_, StoreResult<AddressRow>> {
        let prefix = query.prefix;
        self.list(addresses(query, &self.columns), query.limit, move |row| {
            let row = address_row(row)?;
            Ok(row.filter(|row| prefix.is_none_or(|prefix| prefix.contains(&row.address.ip()))))
        })
    }

    pub(crate) fn list_sessions(
        &self,
        query: &SessionQuery,
    ) -> BoxStream<'_, StoreResult<SessionRow>> {
        self.list(sessions(query), query.limit, |row| {
            Ok(Some(stored_session(row)?.decode()))
        })
    }

    pub(crate) async fn known_rows(
        &self,
        wanted: &[Address],
    ) -> StoreResult<Vec<Option<AddressRow>>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let action = "look up addresses";
        let mut connection = self.reading().acquire().await.explain(&self.path, action)?;
        let keys: Vec<String> = wanted.iter().map(Address::to_string).collect();
        let stored = read::addresses(&mut connection, &self.columns, &keys)
            .await
            .explain(&self.path, action)?;
        let rows: HashMap<Address, AddressRow> = stored
            .iter()
            .filter_map(StoredAddress::decode)
            .map(|(row, _)| (row.address, row))
            .collect();
        Ok(wanted
            .iter()
            .map(|address| rows.get(address).cloned())
            .collect())
    }

    pub(crate) async fn one_asn(&self, asn: Asn) -> StoreResult<Option<AsnRow>> {
        let action = "look up an AS";
        let mut connection = self.reading().acquire().await.explain(&self.path, action)?;
        let rows = read::asns(&mut connection, &[asn.into()])
            .await
            .explain(&self.path, action)?;
        Ok(rows.first().and_then(StoredAsn::decode))
    }

    pub(crate) async fn attributions(&self, address: Address) -> StoreResult<Vec<HistoryRow>> {
        let action = "read the history of an address";
        let sql = format!(
            "SELECT {HISTORY_COLUMNS} FROM ip_asn_history h WHERE h.ip_address = ? ORDER BY {}, h.asn_number",
            normalised("h.observed_at")
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(address.to_string())
            .fetch_all(self.reading())
            .await
            .explain(&self.path, action)?;
        let rows: Result<Vec<_>, sqlx::Error> = rows.iter().map(stored_history).collect();
        let rows = rows.explain(&self.path, action)?;
        Ok(rows.iter().flat_map(StoredHistory::decode).collect())
    }

    pub(crate) async fn count_all(&self) -> StoreResult<Totals> {
        let action = "count what is stored";
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM asn_inventory), (SELECT count(*) FROM ip_inventory), \
             (SELECT count(*) FROM ip_inventory WHERE current_asn IS NULL), \
             (SELECT count(*) FROM session_summaries)",
        )
        .fetch_one(self.reading())
        .await
        .explain(&self.path, action)?;
        let of = |column| count(&row, column).explain(&self.path, action);
        Ok(Totals {
            asns: of(0)?,
            addresses: of(1)?,
            unattributed: of(2)?,
            sessions: of(3)?,
        })
    }
}
