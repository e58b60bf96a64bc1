//! The triggers stand aside while a transaction of ours writes: it counts for itself.
//!
//! They are dropped inside the transaction and created again, from their own text, before it commits. No other process
//! ever sees the database without them, since schema changes are part of the transaction: it is committed with them or
//! not at all. If other programs have triggers on the same tables, ours stay, since what those write must be counted
//! too.

use ipcascade_store::deltas::Counting;
use ipcascade_store::schema::{ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY, SESSION_SUMMARIES};
use ipcascade_store::sql::quoted;
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::columns::TableColumns;

/// The triggers on the tables of the inventory, and whether they stand aside.
#[derive(Debug)]
pub(crate) struct Triggers {
    counting: Counting,
    ours: Vec<OwnTrigger>,
    are_aside: bool,
}

#[derive(Debug)]
struct OwnTrigger {
    name: String,
    sql: String,
}

impl Triggers {
    /// Reads the existing triggers.
    pub(crate) async fn read(
        connection: &mut SqliteConnection,
        columns: &TableColumns,
    ) -> Result<Self, sqlx::Error> {
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT name, lower(tbl_name), coalesce(sql, '') FROM sqlite_master \
             WHERE type = 'trigger' ORDER BY rowid",
        )
        .fetch_all(connection)
        .await?;
        let tables = [
            ASN_INVENTORY.name,
            IP_INVENTORY.name,
            IP_ASN_HISTORY.name,
            SESSION_SUMMARIES.name,
        ];
        let concerned = rows
            .into_iter()
            .filter(|(_, table, _)| tables.contains(&table.as_str()));
        let known = concerned.map(|(name, _, sql)| OwnTrigger { name, sql });
        let (ours, others): (Vec<_>, Vec<_>) =
            known.partition(|trigger| columns.has_own_trigger(&trigger.name, &trigger.sql));
        Ok(Self {
            counting: match others.is_empty() {
                true => Counting::ByOperation,
                false => Counting::ByTriggers,
            },
            ours,
            are_aside: false,
        })
    }

    /// Which side counts.
    pub(crate) const fn counting(&self) -> Counting {
        self.counting
    }

    /// Before anything is written: makes them stand aside, or informs them whose rows they count.
    pub(crate) async fn stand_aside(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<(), sqlx::Error> {
        if self.are_aside {
            return Ok(());
        }
        let statements = match self.counting {
            Counting::ByOperation => {
                let drop =
                    |trigger: &OwnTrigger| format!("DROP TRIGGER {};", quoted(&trigger.name));
                self.ours.iter().map(drop).collect()
            }
            Counting::ByTriggers => {
                format!("INSERT INTO ipcascade_counting (by_itself) VALUES ({WRITTEN_BY_US});")
            }
        };
        run(connection, statements).await?;
        self.are_aside = true;
        Ok(())
    }

    /// Before the transaction commits: restores everything.
    pub(crate) async fn come_back(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<(), sqlx::Error> {
        if !self.are_aside {
            return Ok(());
        }
        let statements = match self.counting {
            Counting::ByOperation => {
                let create = |trigger: &OwnTrigger| format!("{};\n", trigger.sql);
                self.ours.iter().map(create).collect()
            }
            Counting::ByTriggers => {
                format!("DELETE FROM ipcascade_counting WHERE by_itself = {WRITTEN_BY_US};")
            }
        };
        run(connection, statements).await?;
        self.are_aside = false;
        Ok(())
    }
}

/// The row of the table `ipcascade_counting` by which triggers know that the rows of the transaction are ours. It is
/// never committed.
const WRITTEN_BY_US: i64 = 2;

async fn run(connection: &mut SqliteConnection, statements: String) -> Result<(), sqlx::Error> {
    if !statements.is_empty() {
        sqlx::raw_sql(AssertSqlSafe(statements))
            .execute(connection)
            .await?;
    }
    Ok(())
}
