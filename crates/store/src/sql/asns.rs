//! Statements that read AS rows.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::engine::ReadAsns;
use crate::locking::Lock;
use crate::schema::ASN_INVENTORY;
use crate::sql::PageOf;
use crate::sql::columns::of_asn;
use crate::sql::dialect::{Arg, Dialect as _, SqlRow as _, SqlTx};
use crate::sql::keyed_rows::{all, by_key};
use crate::stored_rows::StoredAsn;

#[async_trait]
impl<C: SqlTx> ReadAsns for C {
    async fn existing_asns(&mut self, numbers: &[i64]) -> Result<BTreeSet<i64>, C::Error> {
        let number = self.dialect().read(ASN_INVENTORY, "asn_number");
        let sql = by_key(&number, ASN_INVENTORY, self.dialect(), Lock::No);
        let mut found = BTreeSet::new();
        for row in self.fetch(sql, &[Arg::Numbers(numbers)]).await? {
            found.extend(row.number(0)?);
        }
        Ok(found)
    }

    /// None before adoption.
    async fn asns(&mut self, numbers: &[i64], lock: Lock) -> Result<Vec<StoredAsn>, C::Error> {
        if !self.dialect().has(ASN_INVENTORY) {
            return Ok(Vec::new());
        }
        let columns = of_asn(self.dialect());
        let sql = by_key(&columns, ASN_INVENTORY, self.dialect(), lock);
        let rows = self.fetch(sql, &[Arg::Numbers(numbers)]).await?;
        all::<C, _>(&rows)
    }

    /// None before adoption.
    async fn asn_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<PageOf<StoredAsn>, C::Error> {
        if !self.dialect().has(ASN_INVENTORY) {
            return Ok((Vec::new(), None));
        }
        let columns = of_asn(self.dialect());
        let (rows, last) = self.page(columns, ASN_INVENTORY, after, limit).await?;
        Ok((all::<C, _>(&rows)?, last))
    }
}
