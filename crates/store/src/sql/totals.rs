//! Statements that count what is stored.

use async_trait::async_trait;
use ipcascade_core::store::Totals;

use crate::engine::ReadTotals;
use crate::sql::dialect::{SqlRow as _, SqlTx};
use crate::stored_rows::count;

#[async_trait]
impl<C: SqlTx> ReadTotals for C {
    async fn totals(&mut self) -> Result<Totals, C::Error> {
        let sql = "SELECT (SELECT count(*) FROM asn_inventory), (SELECT count(*) FROM ip_inventory), \
                   (SELECT count(*) FROM ip_inventory WHERE current_asn IS NULL), \
                   (SELECT count(*) FROM session_summaries)";
        let rows = self.fetch(sql.to_owned(), &[]).await?;
        let of = |column| -> Result<u64, C::Error> {
            let number = rows.first().map(|row| row.number(column)).transpose()?;
            Ok(count(number.flatten()))
        };
        Ok(Totals {
            asns: of(0)?,
            addresses: of(1)?,
            unattributed: of(2)?,
            sessions: of(3)?,
        })
    }

    async fn session_total(&mut self) -> Result<u64, C::Error> {
        let sql = "SELECT count(*) FROM session_summaries";
        let rows = self.fetch(sql.to_owned(), &[]).await?;
        let total = rows.first().map(|row| row.number(0)).transpose()?;
        Ok(count(total.flatten()))
    }
}
