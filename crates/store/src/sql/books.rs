//! Statements that read the four tables. Each function is the method of [`Tx`](crate::engine::Tx) with its name.

use std::collections::{BTreeMap, BTreeSet};

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::Totals;

use crate::deltas::Share;
use crate::engine::SessionsOf;
use crate::locking::Lock;
use crate::schema::{ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY, SESSION_SUMMARIES, Table};
use crate::sql::PageOf;
use crate::sql::columns::{
    AUDITED, Beside, FromRow, SHARE, of_address, of_asn, of_audited, of_documented, of_history,
    of_session, of_share,
};
use crate::sql::dialect::{Arg, Dialect as _, SqlRow as _, SqlTx, alias, at_most};
use crate::stored::{
    AuditedAddress, DocumentedSession, SessionSource, StoredAddress, StoredAsn, StoredHistory,
    StoredSession, count,
};

fn all<C: SqlTx, T: FromRow>(rows: &[C::Row]) -> Result<Vec<T>, C::Error> {
    rows.iter().map(T::from_row).collect()
}

/// Rows of `table` whose keys begin with one of the values listed as `$1`.
fn by_key(columns: &str, table: &Table, dialect: &impl super::Dialect, lock: Lock) -> String {
    let (alias, key) = (alias(table), table.key[0]);
    format!(
        "SELECT {columns} {}{}",
        dialect.rows_listed(table, key),
        dialect.locking(lock, &format!("{alias}.{key}"), alias)
    )
}

/// Addresses with these keys.
pub async fn addresses<C: SqlTx>(
    tx: &mut C,
    keys: &[String],
    lock: Lock,
) -> Result<Vec<StoredAddress>, C::Error> {
    let columns = of_address(tx.dialect());
    let sql = by_key(&columns, IP_INVENTORY, tx.dialect(), lock);
    let rows = tx.fetch(sql, &[Arg::Texts(keys)]).await?;
    let mut rows: Vec<StoredAddress> = all::<C, _>(&rows)?;
    rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(rows)
}

/// The contributions of addresses to the counts.
pub async fn shares<C: SqlTx>(
    tx: &mut C,
    keys: &[String],
    lock: Lock,
) -> Result<BTreeMap<String, Share>, C::Error> {
    let columns = of_share(tx.dialect());
    let sql = by_key(&columns, IP_INVENTORY, tx.dialect(), lock);
    let rows = tx.fetch(sql, &[Arg::Texts(keys)]).await?;
    let share = |row: &C::Row| Ok((row.text(SHARE)?.unwrap_or_default(), Share::from_row(row)?));
    rows.iter().map(share).collect()
}

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

/// Passes every address of `asns` to `visit`.
pub async fn scan_addresses_of<C: SqlTx>(
    tx: &mut C,
    asns: &[Asn],
    visit: &mut (dyn FnMut(StoredAddress) + Send),
) -> Result<(), C::Error> {
    let numbers: Vec<i64> = asns.iter().map(|&asn| asn.into()).collect();
    let sql = format!(
        "SELECT {} {}",
        of_address(tx.dialect()),
        tx.dialect().rows_listed(IP_INVENTORY, "current_asn")
    );
    tx.scan(sql, &[Arg::Numbers(&numbers)], &mut |row| {
        visit(StoredAddress::from_row(row)?);
        Ok(())
    })
    .await
}

/// The origin numbers of addresses, with the number of addresses of each.
pub async fn origins<C: SqlTx>(
    tx: &mut C,
    since: Option<Timestamp>,
    new_first: bool,
) -> Result<Vec<(i64, u64)>, C::Error> {
    let dialect = tx.dialect();
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
        sql.push_str("EXISTS (SELECT 1 FROM asn_inventory a WHERE a.asn_number = i.current_asn), ");
    }
    sql.push_str("i.current_asn");
    let args = since.map(|since| Arg::Timestamp(Some(since)));
    let args: Vec<Arg<'_>> = args.into_iter().collect();
    let mut found = Vec::new();
    for row in tx.fetch(sql, &args).await? {
        if let Some(number) = row.number(0)? {
            found.push((number, count(row.number(1)?)));
        }
    }
    Ok(found)
}

/// Those of `numbers` that have an AS row.
pub async fn existing_asns<C: SqlTx>(
    tx: &mut C,
    numbers: &[i64],
) -> Result<BTreeSet<i64>, C::Error> {
    let number = tx.dialect().read(ASN_INVENTORY, "asn_number");
    let sql = by_key(&number, ASN_INVENTORY, tx.dialect(), Lock::No);
    let mut found = BTreeSet::new();
    for row in tx.fetch(sql, &[Arg::Numbers(numbers)]).await? {
        found.extend(row.number(0)?);
    }
    Ok(found)
}

/// AS rows with these numbers; empty before adoption.
pub async fn asns<C: SqlTx>(
    tx: &mut C,
    numbers: &[i64],
    lock: Lock,
) -> Result<Vec<StoredAsn>, C::Error> {
    if !tx.dialect().has(ASN_INVENTORY) {
        return Ok(Vec::new());
    }
    let columns = of_asn(tx.dialect());
    let sql = by_key(&columns, ASN_INVENTORY, tx.dialect(), lock);
    let rows = tx.fetch(sql, &[Arg::Numbers(numbers)]).await?;
    all::<C, _>(&rows)
}

/// The next AS rows; empty before adoption.
pub async fn asn_page<C: SqlTx>(
    tx: &mut C,
    after: Option<&str>,
    limit: u64,
) -> Result<PageOf<StoredAsn>, C::Error> {
    if !tx.dialect().has(ASN_INVENTORY) {
        return Ok((Vec::new(), None));
    }
    let columns = of_asn(tx.dialect());
    let (rows, last) = tx.page(columns, ASN_INVENTORY, after, limit).await?;
    Ok((all::<C, _>(&rows)?, last))
}

/// How much is stored.
pub async fn totals<C: SqlTx>(tx: &mut C) -> Result<Totals, C::Error> {
    let sql = "SELECT (SELECT count(*) FROM asn_inventory), (SELECT count(*) FROM ip_inventory), \
               (SELECT count(*) FROM ip_inventory WHERE current_asn IS NULL), \
               (SELECT count(*) FROM session_summaries)";
    let rows = tx.fetch(sql.to_owned(), &[]).await?;
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

/// The number of stored sessions.
pub async fn session_total<C: SqlTx>(tx: &mut C) -> Result<u64, C::Error> {
    let sql = "SELECT count(*) FROM session_summaries";
    let rows = tx.fetch(sql.to_owned(), &[]).await?;
    let total = rows.first().map(|row| row.number(0)).transpose()?;
    Ok(count(total.flatten()))
}

/// Sessions with these keys.
pub async fn sessions<C: SqlTx>(
    tx: &mut C,
    keys: &[String],
    lock: Lock,
) -> Result<Vec<StoredSession>, C::Error> {
    let columns = of_session(tx.dialect());
    let sql = by_key(&columns, SESSION_SUMMARIES, tx.dialect(), lock);
    let rows = tx.fetch(sql, &[Arg::Texts(keys)]).await?;
    all::<C, _>(&rows)
}

/// Sessions with the documents of other programs.
pub async fn documented_sessions<C: SqlTx>(
    tx: &mut C,
    keys: &[String],
) -> Result<Vec<DocumentedSession>, C::Error> {
    let columns = of_documented(tx.dialect());
    let sql = by_key(&columns, SESSION_SUMMARIES, tx.dialect(), Lock::No);
    let rows = tx.fetch(sql, &[Arg::Texts(keys)]).await?;
    all::<C, _>(&rows)
}

/// The keys of sessions from `sources`.
pub async fn session_ids<C: SqlTx>(
    tx: &mut C,
    sources: &[String],
    of: SessionsOf,
) -> Result<Vec<String>, C::Error> {
    let dialect = tx.dialect();
    let condition = match of {
        SessionsOf::All => "",
        SessionsOf::WithoutSnapshot => " AND s.enrichment_at IS NULL",
    };
    let sql = format!(
        "SELECT {} FROM {} CROSS JOIN session_summaries s WHERE s.source_ip = j.value{condition}",
        dialect.read(SESSION_SUMMARIES, "session_id"),
        dialect.listed()
    );
    let mut ids = BTreeSet::new();
    for row in tx.fetch(sql, &[Arg::Texts(sources)]).await? {
        ids.extend(row.text(0)?);
    }
    Ok(ids.into_iter().collect())
}

/// The number of stored sessions from each of `sources` that has any.
pub async fn session_rows<C: SqlTx>(
    tx: &mut C,
    sources: &[String],
) -> Result<BTreeMap<String, u64>, C::Error> {
    let sql = format!(
        "SELECT source, session_rows FROM (SELECT j.value AS source, \
         (SELECT count(*) FROM session_summaries s WHERE s.source_ip = j.value) AS session_rows \
         FROM {}) AS c WHERE session_rows > 0",
        tx.dialect().listed()
    );
    let rows = tx.fetch(sql, &[Arg::Texts(sources)]).await?;
    let of = |row: &C::Row| Ok((row.text(0)?.unwrap_or_default(), count(row.number(1)?)));
    rows.iter().map(of).collect()
}

/// The attributions of addresses.
pub async fn history<C: SqlTx>(
    tx: &mut C,
    keys: &[String],
) -> Result<Vec<StoredHistory>, C::Error> {
    let columns = of_history(tx.dialect());
    let sql = by_key(&columns, IP_ASN_HISTORY, tx.dialect(), Lock::No);
    let rows = tx.fetch(sql, &[Arg::Texts(keys)]).await?;
    all::<C, _>(&rows)
}

/// Sources of sessions without an address row.
pub async fn orphan_sources<C: SqlTx>(
    tx: &mut C,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<SessionSource>, C::Error> {
    let dialect = tx.dialect();
    let of = |column| dialect.timestamp(SESSION_SUMMARIES, column);
    let sql = format!(
        "SELECT {}, count(*), min({}), max({}) FROM session_summaries s \
         WHERE s.source_ip > $1 AND NOT EXISTS \
         (SELECT 1 FROM ip_inventory i WHERE i.ip_address = s.source_ip) \
         GROUP BY s.source_ip ORDER BY s.source_ip LIMIT {}",
        dialect.read(SESSION_SUMMARIES, "source_ip"),
        of("first_event_at"),
        of("last_event_at"),
        at_most(limit)
    );
    let after = Arg::Text(Some(after.unwrap_or_default()));
    let rows = tx.fetch(sql, &[after]).await?;
    let source = |row: &C::Row| {
        Ok(SessionSource {
            key: row.text(0)?.unwrap_or_default(),
            sessions: count(row.number(1)?),
            first: row.timestamp(2)?,
            last: row.timestamp(3)?,
        })
    };
    rows.iter().map(source).collect()
}
