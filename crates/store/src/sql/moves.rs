//! The statement that finds what has been attributed more than once.

use async_trait::async_trait;

use crate::engine::ReadMoves;
use crate::schema::IP_ASN_HISTORY;
use crate::sql::dialect::{Arg, Dialect as _, SqlRow as _, SqlTx, at_most};

#[async_trait]
impl<C: SqlTx> ReadMoves for C {
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
