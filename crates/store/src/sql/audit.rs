//! Statements that read addresses with what checks and repairs need to know of other tables.

use crate::locking::Lock;
use crate::schema::IP_INVENTORY;
use crate::sql::PageOf;
use crate::sql::columns::{AUDITED, Beside, FromRow as _, of_audited};
use crate::sql::dialect::{Arg, SqlRow as _, SqlTx, at_most};
use crate::sql::keyed_rows::{all, by_key};
use crate::stored_rows::AuditedAddress;

/// Addresses, with what a repair needs to know of other tables. Lock them first: a statement that waits for a row sees
/// other tables as they were before.
pub async fn audited<C: SqlTx>(
    tx: &mut C,
    keys: &[String],
) -> Result<Vec<AuditedAddress>, C::Error> {
    let columns = of_audited(tx.dialect(), Beside::EachAddress);
    let sql = by_key(&columns, IP_INVENTORY, tx.dialect(), Lock::No);
    let rows = tx.fetch(sql, &[Arg::Texts(keys)]).await?;
    let mut rows: Vec<AuditedAddress> = all::<C, _>(&rows)?;
    rows.sort_unstable_by(|a, b| a.row.key.cmp(&b.row.key));
    Ok(rows)
}

/// The next addresses in the order of `position`, an indexed column that never changes.
pub async fn audited_page<C: SqlTx>(
    tx: &mut C,
    position: &str,
    after: Option<Arg<'_>>,
    limit: u64,
) -> Result<PageOf<AuditedAddress>, C::Error> {
    let columns = of_audited(tx.dialect(), Beside::EachAddress);
    let beyond = match after {
        Some(_) => "> $1",
        None => "IS NOT NULL",
    };
    let sql = format!(
        "SELECT {columns}, CAST({position} AS TEXT) FROM ip_inventory i \
         WHERE {position} {beyond} ORDER BY {position} LIMIT {}",
        at_most(limit)
    );
    let args: Vec<Arg<'_>> = after.into_iter().collect();
    let rows = tx.fetch(sql, &args).await?;
    let last = match rows.last() {
        Some(row) => row.text(AUDITED)?,
        None => None,
    };
    Ok((all::<C, _>(&rows)?, last))
}

/// Passes every address to `visit`. Sessions are counted address by address, or all in one pass before.
pub async fn scan_addresses<C: SqlTx>(
    tx: &mut C,
    in_one_pass: bool,
    visit: &mut (dyn FnMut(AuditedAddress) + Send),
) -> Result<(), C::Error> {
    let sql = match in_one_pass {
        true => format!(
            "SELECT {} FROM ip_inventory i LEFT JOIN \
             (SELECT source_ip, count(*) AS n FROM session_summaries \
             WHERE source_ip IS NOT NULL GROUP BY source_ip) c ON c.source_ip = i.ip_address",
            of_audited(tx.dialect(), Beside::All)
        ),
        false => format!(
            "SELECT {} FROM ip_inventory i",
            of_audited(tx.dialect(), Beside::EachAddress)
        ),
    };
    tx.scan(sql, &[], &mut |row| {
        visit(AuditedAddress::from_row(row)?);
        Ok(())
    })
    .await
}
