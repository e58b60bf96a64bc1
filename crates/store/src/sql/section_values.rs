//! The statements that read indexes of values in sections.

use std::collections::BTreeSet;

use async_trait::async_trait;
use ipcascade_core::store::SectionKey;

use crate::engine::ReadSectionValues;
use crate::schema::IP_INVENTORY;
use crate::sql::dialect::{Arg, Dialect as _, SqlRow as _, SqlTx, alias, at_most};

/// The document of an address.
fn document() -> String {
    format!("{}.enrichment", alias(IP_INVENTORY))
}

#[async_trait]
impl<C: SqlTx> ReadSectionValues for C {
    async fn section_indexes(&mut self) -> Result<BTreeSet<String>, C::Error> {
        let sql = self.dialect().section_indexes();
        let rows = self.fetch(sql, &[]).await?;
        rows.iter()
            .filter_map(|row| row.text(0).transpose())
            .collect()
    }

    /// From one value to the next one in the index, without a look at the rows between.
    async fn section_values(
        &mut self,
        key: SectionKey,
        most: u64,
    ) -> Result<Vec<String>, C::Error> {
        let value = self.dialect().section_value(key, &document());
        let next = |condition: &str| {
            format!(
                "(SELECT {value} FROM ip_inventory i WHERE {value} {condition} ORDER BY {value} LIMIT 1)"
            )
        };
        let sql = format!(
            "WITH RECURSIVE v (x) AS (SELECT {} UNION ALL SELECT {} FROM v WHERE v.x IS NOT NULL) \
             SELECT v.x FROM v WHERE v.x IS NOT NULL LIMIT {}",
            next("IS NOT NULL"),
            next("> v.x"),
            at_most(most)
        );
        let rows = self.fetch(sql, &[]).await?;
        rows.iter()
            .filter_map(|row| row.text(0).transpose())
            .collect()
    }

    async fn addresses_with(
        &mut self,
        key: SectionKey,
        values: &[String],
        most: u64,
    ) -> Result<Vec<String>, C::Error> {
        let dialect = self.dialect();
        let value = dialect.section_value(key, &document());
        let sql = format!(
            "SELECT {} FROM ip_inventory i WHERE {} LIMIT {}",
            dialect.read(IP_INVENTORY, "ip_address"),
            dialect.is_one_of(&value, "$1"),
            at_most(most)
        );
        let mut keys = Vec::new();
        self.scan(sql, &[Arg::Texts(values)], &mut |row| {
            keys.extend(row.text(0)?);
            Ok(())
        })
        .await?;
        Ok(keys)
    }
}
