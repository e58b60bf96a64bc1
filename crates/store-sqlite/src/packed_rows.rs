//! Three texts of each of many rows. Groups of millions of rows would be made by sorting them, so they are made by who reads
//! the rows.

use ipcascade_store::schema::Table;
use ipcascade_store::sql::{Arg, alias};
use sqlx::SqliteConnection;

use crate::error::Fault;
use crate::packed::{PackedRows, Rows, texts, unpacked};

/// How many rows are put together.
const TOGETHER: i64 = 10_000;

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
    let filters: String = filters
        .iter()
        .map(|filter| format!(" AND {filter}"))
        .collect();
    let rows = format!("FROM {name} {alias} NOT INDEXED WHERE TRUE{filters}");
    let plain = columns.join(", ");
    let mut rows = PackedRows::new((&plain, &rows), alias, columns, args.len(), TOGETHER);
    while let Some(rows) = rows.read(connection, args).await? {
        match rows {
            Rows::Packed(packed) => {
                let packed = String::from_utf8_lossy(&packed);
                for mut row in unpacked(packed.as_bytes()) {
                    let mut next = || row.next().and_then(|value| str::from_utf8(value).ok());
                    let values = [next(), next(), next()];
                    visit(values.map(|value| value.filter(|text| !text.is_empty())), 1);
                }
            }
            Rows::Plain(rows) => {
                for row in &rows {
                    let texts = texts(row)?;
                    visit(
                        texts
                            .each_ref()
                            .map(|text| text.as_deref().filter(|text| !text.is_empty())),
                        1,
                    );
                }
            }
        }
    }
    Ok(())
}
