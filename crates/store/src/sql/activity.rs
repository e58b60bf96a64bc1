//! The statement that counts sessions by time.

use std::collections::HashMap;

use async_trait::async_trait;
use ipcascade_core::clock::parse_timestamp;
use ipcascade_core::store::TimeUnit;

use crate::engine::{ReadActivity, StoredActivity};
use crate::listing::ColumnFilter;
use crate::schema::SESSION_SUMMARIES;
use crate::sql::dialect::{Dialect as _, SqlTx};

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
}
