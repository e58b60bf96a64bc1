//! Statements that read addresses and their history.

use std::collections::BTreeMap;

use async_trait::async_trait;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;

use crate::deltas::Share;
use crate::engine::ReadAddresses;
use crate::locking::Lock;
use crate::schema::{ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY};
use crate::sql::columns::{FromRow as _, SHARE, of_address, of_history, of_share};
use crate::sql::dialect::{Arg, Dialect as _, SqlRow as _, SqlTx};
use crate::sql::keyed_rows::{all, by_key};
use crate::stored_rows::{StoredAddress, StoredHistory, count};

#[async_trait]
impl<C: SqlTx> ReadAddresses for C {
    async fn addresses(
        &mut self,
        keys: &[String],
        lock: Lock,
    ) -> Result<Vec<StoredAddress>, C::Error> {
        let columns = of_address(self.dialect());
        let sql = by_key(&columns, IP_INVENTORY, self.dialect(), lock);
        let rows = self.fetch(sql, &[Arg::Texts(keys)]).await?;
        let mut rows: Vec<StoredAddress> = all::<C, _>(&rows)?;
        rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Ok(rows)
    }

    async fn shares(
        &mut self,
        keys: &[String],
        lock: Lock,
    ) -> Result<BTreeMap<String, Share>, C::Error> {
        let columns = of_share(self.dialect());
        let sql = by_key(&columns, IP_INVENTORY, self.dialect(), lock);
        let rows = self.fetch(sql, &[Arg::Texts(keys)]).await?;
        let share =
            |row: &C::Row| Ok((row.text(SHARE)?.unwrap_or_default(), Share::from_row(row)?));
        rows.iter().map(share).collect()
    }

    async fn scan_addresses_of(
        &mut self,
        asns: &[Asn],
        visit: &mut (dyn FnMut(StoredAddress) + Send),
    ) -> Result<(), C::Error> {
        let numbers: Vec<i64> = asns.iter().map(|&asn| asn.into()).collect();
        let sql = format!(
            "SELECT {} {}",
            of_address(self.dialect()),
            self.dialect().rows_listed(IP_INVENTORY, "current_asn")
        );
        self.scan(sql, &[Arg::Numbers(&numbers)], &mut |row| {
            visit(StoredAddress::from_row(row)?);
            Ok(())
        })
        .await
    }

    async fn origins(
        &mut self,
        since: Option<Timestamp>,
        new_first: bool,
    ) -> Result<Vec<(i64, u64)>, C::Error> {
        let dialect = self.dialect();
        let mut sql = format!(
            "SELECT {}, count(*) FROM ip_inventory i \
             WHERE i.current_asn IS NOT NULL GROUP BY i.current_asn",
            dialect.read(IP_INVENTORY, "current_asn")
        );
        if since.is_some() {
            let newest = |column| format!("max({})", dialect.timestamp(IP_INVENTORY, column));
            let (row, document) = (newest("updated_at"), newest("enrichment_updated_at"));
            sql.push_str(&format!(" HAVING {row} >= $1 OR {document} >= $1"));
        }
        sql.push_str(" ORDER BY ");
        if new_first && dialect.has(ASN_INVENTORY) {
            sql.push_str(
                "EXISTS (SELECT 1 FROM asn_inventory a WHERE a.asn_number = i.current_asn), ",
            );
        }
        sql.push_str("i.current_asn");
        let args = since.map(|since| Arg::Timestamp(Some(since)));
        let args: Vec<Arg<'_>> = args.into_iter().collect();
        let mut found = Vec::new();
        for row in self.fetch(sql, &args).await? {
            if let Some(number) = row.number(0)? {
                found.push((number, count(row.number(1)?)));
            }
        }
        Ok(found)
    }

    async fn history(&mut self, keys: &[String]) -> Result<Vec<StoredHistory>, C::Error> {
        let columns = of_history(self.dialect());
        let sql = by_key(&columns, IP_ASN_HISTORY, self.dialect(), Lock::No);
        let rows = self.fetch(sql, &[Arg::Texts(keys)]).await?;
        all::<C, _>(&rows)
    }
}
