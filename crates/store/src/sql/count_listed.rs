//! The statement that counts the rows of a list among the first ones in its order.

use async_trait::async_trait;

use crate::engine::CountListed;
use crate::listing::Listing;
use crate::sql::dialect::{SqlRow as _, SqlTx, alias, at_most};
use crate::stored_rows::count;

#[async_trait]
impl<C: SqlTx> CountListed for C {
    async fn listed_among_first(
        &mut self,
        listing: &Listing,
        walked: u64,
        most: u64,
    ) -> Result<u64, C::Error> {
        let (along, beside) = listing.filters_along_order();
        let first = Listing {
            filters: along,
            limit: Some(walked),
            gathers: false,
            ..listing.clone()
        };
        let dialect = self.dialect();
        let alias = alias(listing.table);
        let (walk, mut args) = first.sql_of(&format!("{alias}.*"), dialect);
        let conditions = beside.iter().map(|filter| {
            let condition = filter.sql(listing.table, dialect, &mut args);
            format!(" AND {condition}")
        });
        let conditions: String = conditions.collect();
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM ({walk}) {alias} WHERE TRUE{conditions} LIMIT {}) r",
            at_most(most)
        );
        let rows = self.fetch(sql, &args).await?;
        let listed = rows.first().map(|row| row.number(0)).transpose()?;
        Ok(count(listed.flatten()))
    }
}
