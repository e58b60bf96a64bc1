//! The statement that finds how the keys of addresses begin.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::engine::ReadAddressHeads;
use crate::schema::IP_INVENTORY;
use crate::sql::dialect::{Arg, Dialect as _, SqlRow as _, SqlTx};

/// The digits of both families.
const DIGITS: &str = "0123456789abcdefABCDEF";

#[async_trait]
impl<C: SqlTx> ReadAddressHeads for C {
    async fn address_heads(&mut self, under: &str) -> Result<Option<Vec<String>>, C::Error> {
        let dialect = self.dialect();
        let is_sorted = format!("SELECT {}", dialect.has_keys_in_byte_order(IP_INVENTORY));
        let compared = dialect.comparable(IP_INVENTORY, "ip_address");
        let read = dialect.read(IP_INVENTORY, "ip_address");
        let rows = self.fetch(is_sorted, &[]).await?;
        let is_sorted = rows.first().map(|row| row.flag(0)).transpose()?;
        if is_sorted != Some(true) {
            return Ok(None);
        }
        let length = under.chars().count();
        // The number of digits behind `under`.
        let digits = format!(
            "(length(substr(h.k, {0})) - length(ltrim(substr(h.k, {0}), '{DIGITS}')))",
            length + 1
        );
        let separator = format!("substr(h.k, {length} + {digits} + 1, 1)");
        let before = format!("substr(h.k, 1, {length} + {digits})");
        let head = format!(
            "CASE WHEN {separator} IN ('.', ':') THEN {before} || {separator} ELSE h.k END"
        );
        // The first text behind all those that begin so.
        let next = format!(
            "CASE {separator} WHEN '.' THEN {before} || '/' WHEN ':' THEN {before} || ';' \
             ELSE h.k || $2 END"
        );
        let end = match end_of(under) {
            Some(_) => format!("AND {compared} < $3"),
            None => String::new(),
        };
        let first_from = |from: &str| {
            format!(
                "(SELECT {read} FROM ip_inventory i WHERE {compared} >= {from} {end} \
                 ORDER BY {compared} LIMIT 1)"
            )
        };
        // UNION ends the search also where a key cannot be passed.
        let sql = format!(
            "WITH RECURSIVE h (k) AS (SELECT {} UNION SELECT {} FROM h WHERE h.k IS NOT NULL) \
             SELECT {head} FROM h WHERE h.k IS NOT NULL",
            first_from("$1"),
            first_from(&next)
        );
        let end = end_of(under);
        let mut args = vec![Arg::Text(Some(under)), Arg::Text(Some("\u{1}"))];
        args.extend(end.as_deref().map(|end| Arg::Text(Some(end))));
        let rows = self.fetch(sql, &args).await?;
        let mut heads = BTreeSet::new();
        for row in rows {
            heads.extend(row.text(0)?);
        }
        Ok(Some(heads.into_iter().collect()))
    }
}

/// The first text behind all those that begin with `head`, if it ends with a separator.
pub fn end_of(head: &str) -> Option<String> {
    let rest = head.strip_suffix(['.', ':'])?;
    let next = if head.ends_with('.') { '/' } else { ';' };
    Some(format!("{rest}{next}"))
}
