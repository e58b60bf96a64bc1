//! Reading: single rows and lists.

use std::collections::HashMap;

use futures::stream::{BoxStream, StreamExt as _};
use ipcascade_core::{
    Address, AddressOrder, AddressQuery, AddressRow, Asn, AsnOrder, AsnQuery, AsnRow, HistoryRow,
    SessionQuery, SessionRow, StoreResult, Totals,
};
use ipcascade_store::schema::{ASN_INVENTORY, IP_INVENTORY};
use ipnet_text::text_range;
use sqlx::{AssertSqlSafe, Postgres, QueryBuilder, Row as _};

use crate::cursor::Cursor;
use crate::errors::Outcome;
use crate::rows::{
    ASN_COLUMNS, HISTORY_COLUMNS, address_row, asn_row, count, session_columns, stored,
    stored_history, stored_session,
};
use crate::store::PgStore;

/// Rows read beyond a limit, so that rows which turn out to be no addresses do not shorten a list.
const SPARE: u64 = 64;

impl PgStore {
    pub(crate) async fn read_known(
        &self,
        addresses: &[Address],
    ) -> Outcome<Vec<Option<AddressRow>>> {
        let texts: Vec<String> = addresses.iter().map(Address::to_string).collect();
        let sql = format!(
            "SELECT {} FROM ip_inventory i WHERE i.ip_address = ANY ($1)",
            self.shape().address_columns()
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(&texts)
            .fetch_all(&mut *self.begin().await?)
            .await?;
        let mut found: HashMap<Address, AddressRow> = HashMap::with_capacity(rows.len());
        for row in &rows {
            found.extend(address_row(row)?.map(|row| (row.address, row)));
        }
        Ok(addresses
            .iter()
            .map(|address| found.get(address).cloned())
            .collect())
    }

    pub(crate) async fn read_asn(&self, asn: Asn) -> Outcome<Option<AsnRow>> {
        let sql = format!("SELECT {ASN_COLUMNS} FROM asn_inventory a WHERE a.asn_number = $1");
        let row = sqlx::query(AssertSqlSafe(sql))
            .bind(i64::from(asn))
            .fetch_optional(&mut *self.begin().await?)
            .await?;
        Ok(row.map(|row| asn_row(&row)).transpose()?.flatten())
    }

    pub(crate) fn list_asns(&self, query: &AsnQuery) -> BoxStream<'_, StoreResult<AsnRow>> {
        let mut sql = QueryBuilder::new(Cursor::DECLARE);
        sql.push("SELECT ")
            .push(ASN_COLUMNS)
            .push(" FROM asn_inventory a WHERE TRUE");
        if let Some(country) = &query.country {
            sql.push(" AND upper(a.organization_country) = upper(")
                .push_bind(country.clone())
                .push(")");
        }
        if let Some(registry) = &query.registry {
            sql.push(" AND lower(a.rir_registry) = lower(")
                .push_bind(registry.clone())
                .push(")");
        }
        if let Some(organization) = &query.organization {
            sql.push(" AND position(lower(")
                .push_bind(organization.replace('\0', ""))
                .push(") IN lower(a.organization_name)) > 0");
        }
        if let Some(since) = query.seen_since {
            sql.push(" AND a.last_seen >= ").push_bind(since);
        }
        if !query.include_empty {
            sql.push(" AND a.unique_ip_count > 0");
        }
        let columns: &[&str] = match query.order {
            AsnOrder::Number => &[],
            AsnOrder::Sessions => &["total_session_count", "unique_ip_count"],
            AsnOrder::Addresses => &["unique_ip_count", "total_session_count"],
            AsnOrder::LastSeen => &["last_seen"],
        };
        sql.push(" ORDER BY ");
        let shape = self.shape();
        for column in columns {
            let direction = shape.greatest_first(ASN_INVENTORY.name, column);
            sql.push(format!("a.{column} {direction}, "));
        }
        sql.push("a.asn_number");
        push_limit(&mut sql, query.limit);
        let rows = self.list("listing autonomous systems", sql, asn_row);
        limited(rows, query.limit)
    }

    pub(crate) fn list_addresses(
        &self,
        query: &AddressQuery,
    ) -> BoxStream<'_, StoreResult<AddressRow>> {
        let mut sql: QueryBuilder<Postgres> = QueryBuilder::new(Cursor::DECLARE);
        sql.push("SELECT ")
            .push(self.shape().address_columns())
            .push(" FROM ip_inventory i WHERE TRUE");
        if let Some(asn) = query.asn {
            sql.push(" AND i.current_asn = ").push_bind(i64::from(asn));
        }
        if query.unattributed {
            sql.push(" AND i.current_asn IS NULL");
        }
        if let Some(since) = query.seen_since {
            sql.push(" AND i.last_seen >= ").push_bind(since);
        }
        if let Some(after) = query.after {
            sql.push(" AND i.ip_address COLLATE \"C\" > ")
                .push_bind(after.to_string());
        }
        if let Some((from, to)) = query.prefix.and_then(text_range) {
            sql.push(" AND i.ip_address COLLATE \"C\" >= ")
                .push_bind(from)
                .push(" AND i.ip_address COLLATE \"C\" < ")
                .push_bind(to);
        }
        let column = match query.order {
            AddressOrder::Address => None,
            AddressOrder::Sessions => Some("session_count"),
            AddressOrder::LastSeen => Some("last_seen"),
        };
        sql.push(" ORDER BY ");
        if let Some(column) = column {
            let direction = self.shape().greatest_first(IP_INVENTORY.name, column);
            sql.push(format!("i.{column} {direction}, "));
        }
        sql.push("i.ip_address COLLATE \"C\"");
        // The exact test of a prefix is made here, not on the server, where rows that are no
        // addresses would be errors.
        if query.prefix.is_none() {
            push_limit(&mut sql, query.limit);
        }
        let prefix = query.prefix;
        let rows = self.list("listing addresses", sql, move |row| {
            let row = address_row(row)?;
            Ok(row.filter(|row| prefix.is_none_or(|prefix| prefix.contains(&row.address.ip()))))
        });
        limited(rows, query.limit)
    }

    pub(crate) fn list_sessions(
        &self,
        query: &SessionQuery,
    ) -> BoxStream<'_, StoreResult<SessionRow>> {
        let mut sql: QueryBuilder<Postgres> = QueryBuilder::new(Cursor::DECLARE);
        sql.push("SELECT ")
            .push(session_columns(&self.shape()))
            .push(" FROM session_summaries s WHERE TRUE");
        if let Some(address) = query.address {
            sql.push(" AND s.source_ip = ")
                .push_bind(address.to_string());
        }
        if let Some(asn) = query.asn {
            sql.push(" AND s.snapshot_asn = ").push_bind(i64::from(asn));
        }
        if let Some(id) = &query.id {
            sql.push(" AND s.session_id = ")
                .push_bind(id.replace('\0', ""));
        }
        if let Some(since) = query.since {
            sql.push(" AND s.last_event_at >= ").push_bind(since);
        }
        sql.push(" ORDER BY s.last_event_at DESC NULLS LAST, s.session_id COLLATE \"C\"");
        push_limit(&mut sql, query.limit);
        let rows = self.list("listing sessions", sql, |row| {
            Ok(Some(stored_session(row)?.decode()))
        });
        limited(rows, query.limit)
    }

    pub(crate) async fn read_history(&self, address: Address) -> Outcome<Vec<HistoryRow>> {
        let sql = format!(
            "SELECT {HISTORY_COLUMNS} FROM ip_asn_history h WHERE h.ip_address = $1
             ORDER BY h.observed_at, h.asn_number"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(address.to_string())
            .fetch_all(&mut *self.begin().await?)
            .await?;
        let mut history = Vec::with_capacity(rows.len());
        for row in &rows {
            history.extend(stored_history(row)?.decode());
        }
        Ok(history)
    }

    pub(crate) async fn read_totals(&self) -> Outcome<Totals> {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM asn_inventory), (SELECT count(*) FROM ip_inventory),
                    (SELECT count(*) FROM ip_inventory WHERE current_asn IS NULL),
                    (SELECT count(*) FROM session_summaries)",
        )
        .fetch_one(&mut *self.begin().await?)
        .await?;
        Ok(Totals {
            asns: count(row.try_get(0)?),
            addresses: count(row.try_get(1)?),
            unattributed: count(row.try_get(2)?),
            sessions: count(row.try_get(3)?),
        })
    }
}

fn push_limit(sql: &mut QueryBuilder<Postgres>, limit: Option<u64>) {
    if let Some(limit) = limit {
        sql.push(" LIMIT ")
            .push_bind(stored(limit.saturating_add(SPARE)));
    }
}

fn limited<T: Send + 'static>(
    rows: BoxStream<'_, StoreResult<T>>,
    limit: Option<u64>,
) -> BoxStream<'_, StoreResult<T>> {
    match limit {
        Some(limit) => rows
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .boxed(),
        None => rows,
    }
}

mod ipnet_text {
    //! The range of text in which the addresses of a prefix lie.

    use std::net::IpAddr;

    use ipnet::IpNet;

    /// From (inclusive) and to (exclusive), in byte order; `None` if the prefix is too short for
    /// its addresses to begin alike.
    pub(super) fn text_range(prefix: IpNet) -> Option<(String, String)> {
        let beginning = match prefix.network() {
            IpAddr::V4(network) => {
                let octets = usize::from(prefix.prefix_len() / 8).min(3);
                let parts: Vec<String> = network.octets()[..octets]
                    .iter()
                    .map(u8::to_string)
                    .collect();
                parts.join(".")
            }
            IpAddr::V6(network) => {
                let first = network.segments()[0];
                if prefix.prefix_len() < 16 || first == 0 {
                    return None;
                }
                format!("{first:x}")
            }
        };
        if beginning.is_empty() {
            return None;
        }
        // `/` and `;` are what follows `.` and `:` in ASCII.
        let (separator, next) = match prefix {
            IpNet::V4(_) => ('.', '/'),
            IpNet::V6(_) => (':', ';'),
        };
        Some((
            format!("{beginning}{separator}"),
            format!("{beginning}{next}"),
        ))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn range(prefix: &str) -> Option<(String, String)> {
            text_range(prefix.parse().unwrap())
        }

        #[test]
        fn ranges_cover_their_prefix() {
            let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
            assert_eq!(range("10.0.0.0/8"), pair("10.", "10/"));
            assert_eq!(range("10.16.0.0/12"), pair("10.", "10/"));
            assert_eq!(range("10.16.3.4/32"), pair("10.16.3.", "10.16.3/"));
            assert_eq!(range("128.0.0.0/1"), None);
            assert_eq!(range("2001:db8::/32"), pair("2001:", "2001;"));
            assert_eq!(range("::/96"), None);
        }
    }
}
