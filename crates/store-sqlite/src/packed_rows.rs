//! Reads few texts of many rows: thousands of rows as one.
//!
//! A row of a result costs a microsecond, whatever is in it, and groups of millions of rows are made by sorting them. So
//! the database puts the texts of thousands of rows behind one another, and they are taken apart here.

use ipcascade_store::schema::Table;
use ipcascade_store::sql::{Arg, alias};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use crate::error::Fault;
use crate::statement::bound;

/// How many rows are put together.
const TOGETHER: i64 = 10_000;

/// Between the texts of a row: U+001F.
const BETWEEN_TEXTS: char = '\u{1f}';
/// Behind a row: U+001E.
const BEHIND_ROWS: char = '\u{1e}';

/// Visits the texts of three columns of every row of `table` that meets all of `filters`.
pub(crate) async fn visit(
    connection: &mut SqliteConnection,
    table: &'static Table,
    columns: &[String; 3],
    filters: &[String],
    args: &[Arg<'_>],
    visit: &mut (dyn for<'r> FnMut([Option<&'r str>; 3], u64) + Send),
) -> Result<(), Fault> {
    let (name, alias) = (table.name, alias(table));
    let [a, b, c] = columns
        .each_ref()
        .map(|column| format!("coalesce({column}, '')"));
    let filters: String = filters
        .iter()
        .map(|filter| format!(" AND {filter}"))
        .collect();
    let (from, most) = (args.len() + 1, args.len() + 2);
    let rows = format!(
        "(SELECT {alias}.rowid AS place, {alias}.* FROM {name} {alias} WHERE {alias}.rowid > ${from}{filters} \
         ORDER BY {alias}.rowid LIMIT ${most}) {alias}"
    );
    let sql = format!(
        "SELECT max(place), count(*), group_concat({a} || char(31) || {b} || char(31) || {c}, char(30)) FROM {rows}"
    );
    let (mut after, mut together) = (i64::MIN, TOGETHER);
    loop {
        let mut args = args.to_vec();
        args.extend([Arg::Number(Some(after)), Arg::Number(Some(together))]);
        let query = sqlx::query_with(AssertSqlSafe(sql.as_str()), bound(&args)?);
        let row = query.fetch_one(&mut *connection).await?;
        let Some(last) = row.try_get::<Option<i64>, _>(0)? else {
            return Ok(());
        };
        let count: i64 = row.try_get(1)?;
        let packed: Option<&[u8]> = row.try_get_unchecked(2)?;
        let packed = String::from_utf8_lossy(packed.unwrap_or_default());
        match unpacked(&packed, count) {
            Some(rows) => rows.into_iter().for_each(|texts| visit(texts, 1)),
            // A text has a separator in it.
            None if together > 1 => {
                together = 1;
                continue;
            }
            None => visit([None; 3], 1),
        }
        (after, together) = (last, TOGETHER);
    }
}

/// The texts of `count` rows; `None` if there are not as many.
fn unpacked(packed: &str, count: i64) -> Option<Vec<[Option<&str>; 3]>> {
    let rows = packed.split(BEHIND_ROWS).map(|row| {
        let mut texts = row.split(BETWEEN_TEXTS);
        let all = [texts.next()?, texts.next()?, texts.next()?];
        let known = all.map(|text| Some(text).filter(|text| !text.is_empty()));
        texts.next().is_none().then_some(known)
    });
    let rows: Vec<_> = rows.collect::<Option<_>>()?;
    (i64::try_from(rows.len()) == Ok(count)).then_some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_separators_are_not_taken_apart() {
        let texts = unpacked("a\u{1f}\u{1f}c\u{1e}d\u{1f}e\u{1f}f", 2).unwrap();
        assert_eq!(
            texts,
            [
                [Some("a"), None, Some("c")],
                [Some("d"), Some("e"), Some("f")]
            ]
        );
        for odd in ["a\u{1f}b\u{1f}c\u{1f}d", "a\u{1e}\u{1f}b\u{1f}c", "a", ""] {
            assert_eq!(unpacked(odd, 1), None, "{odd:?}");
        }
        let looks_like_two = "a\u{1f}b\u{1f}c\u{1e}d\u{1f}e\u{1f}f";
        assert_eq!(unpacked(looks_like_two, 1), None);
    }
}
