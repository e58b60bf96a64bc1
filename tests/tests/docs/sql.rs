//! The queries of a page, on an inventory of each kind of database.

use std::path::Path;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

use crate::blocks::{Block, Kind, Run};
use crate::folder::{Folder, INVENTORY, block_on};
use crate::tally::Tally;

/// Runs the statements of a block, in a transaction that is rolled back.
pub(crate) fn run(folder: &Folder, block: &Block, place: &str, tally: &mut Tally) {
    let statements = statements(block);
    for kind in [Kind::Sqlite, Kind::Postgres] {
        if matches!(block.run, Run::Only(only) if only != kind) {
            continue;
        }
        match execute(folder, kind, &statements) {
            None => tally
                .skipped
                .push(format!("{place}: PostgreSQL is not installed")),
            Some(Ok(())) => tally.run += statements.len(),
            Some(Err(error)) => tally.faults.push(format!("{place}: {kind:?}: {error}")),
        }
    }
}

/// The statements, each of which ends with a semicolon at the end of a line.
fn statements(block: &Block) -> Vec<String> {
    let is_comment = |line: &&String| line.starts_with("--");
    let lines: Vec<&str> = block
        .lines
        .iter()
        .filter(|it| !is_comment(it))
        .map(String::as_str)
        .collect();
    let text = lines.join("\n");
    let statements = text
        .split(";\n")
        .map(|it| it.trim().trim_end_matches(';').to_owned());
    statements
        .filter(|statement| !statement.is_empty())
        .collect()
}

/// Executes statements; `None` where there is no such database.
fn execute(folder: &Folder, kind: Kind, statements: &[String]) -> Option<Result<(), sqlx::Error>> {
    Some(match kind {
        Kind::Sqlite => {
            let file = format!("sqlite://{}", folder.home(INVENTORY).display());
            block_on(async { try_out(SqliteConnection::connect(&file).await?, statements).await })
        }
        Kind::Postgres => {
            let url = folder.inventory_on_a_server()?;
            block_on(async { try_out(PgConnection::connect(url).await?, statements).await })
        }
    })
}

async fn try_out<C>(mut connection: C, statements: &[String]) -> Result<(), sqlx::Error>
where
    C: Connection,
    for<'c> &'c mut C: Executor<'c, Database = C::Database>,
{
    (&mut connection).execute("BEGIN").await?;
    for statement in statements {
        let statement = AssertSqlSafe(statement.to_owned());
        (&mut connection)
            .fetch_all(sqlx::raw_sql(statement))
            .await?;
    }
    (&mut connection).execute("ROLLBACK").await?;
    connection.close().await
}

/// Executes statements in an SQLite file, past the program.
pub(crate) fn plant(file: &Path, statements: &'static str) -> Result<(), sqlx::Error> {
    block_on(async {
        let mut connection =
            SqliteConnection::connect(&format!("sqlite://{}", file.display())).await?;
        sqlx::raw_sql(statements).execute(&mut connection).await?;
        connection.close().await
    })
}
