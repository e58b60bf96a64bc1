//! Statements that count sessions by time, and find what has been attributed more than once.

use std::collections::HashMap;

use async_trait::async_trait;
use ipcascade_core::clock::parse_timestamp;
use ipcascade_core::store::TimeUnit;

use crate::engine::{ReadActivity, StoredActivity};
use crate::listing::ColumnFilter;
use crate::schema::{IP_ASN_HISTORY, SESSION_SUMMARIES};
use crate::sql::dialect::{Arg, Dialect as _, SqlRow as _, SqlTx, at_most};

#[async_trait]
impl<C: SqlTx> ReadActivity for C {
    async fn activity(
        &mut self,
        filters: &[ColumnFilter],
        unit: TimeUnit,
        visit: &mut (dyn for<'r> FnMut(&'r StoredActivity) + Send),
    ) -> Result<(), C::Error> {
        let dialect = self.dialect();
        let table = SESSION_SUMMARIES;
        let mut args = Vec::new();
        let filters = filters.iter();
        let filters: Vec<String> = filters
            .map(|filter| filter.sql(table, dialect, &mut args))
            .collect();
        let columns = [
            dialect.start_of(unit, &dialect.timestamp(table, "last_event_at")),
            // Adopted columns may hold numbers with a fraction.
            format!("CAST({} AS bigint)", dialect.read(table, "snapshot_asn")),
            dialect.read(table, "snapshot_country"),
        ];
        let mut starts = HashMap::new();
        self.count_by(table, &columns, &filters, &args, &mut |values, sessions| {
            let [start, asn, country] = values;
            let start = start.and_then(|start| match starts.get(start) {
                Some(known) => *known,
                None => {
                    let time = parse_timestamp(start);
                    starts.insert(start.to_owned(), time);
                    time
                }
            });
            visit(&StoredActivity {
                start,
                asn: asn.and_then(|asn| asn.parse().ok()),
                country: country.map(str::to_owned),
                sessions,
            });
        })
        .await
    }

    async fn moved_keys(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<String>, C::Error> {
        let key = self.dialect().read(IP_ASN_HISTORY, "ip_address");
        let behind = match after {
            Some(_) => "AND h.ip_address > $1",
            None => "",
        };
        let sql = format!(
            "SELECT {key} FROM {} h WHERE {} {behind} GROUP BY h.ip_address HAVING count(*) > 1 \
             ORDER BY h.ip_address LIMIT {}",
            IP_ASN_HISTORY.name,
            self.dialect().is_text("h.ip_address"),
            at_most(limit)
        );
        let args: Vec<Arg<'_>> = after
            .map(|after| Arg::Text(Some(after)))
            .into_iter()
            .collect();
        let rows = self.fetch(sql, &args).await?;
        let keys = rows.iter().filter_map(|row| row.text(0).transpose());
        keys.collect()
    }
}
