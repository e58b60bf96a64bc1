//! Statements on the state of providers.

use async_trait::async_trait;
use ipcascade_core::store::ProviderState;

use crate::engine::KeepProviders;
use crate::locking::Lock;
use crate::schema::PROVIDER_STATE;
use crate::sql::dialect::{Arg, Dialect as _, SqlRow as _, SqlTx, alias};
use crate::stored_rows::{StoredProvider, count, stored};

#[async_trait]
impl<C: SqlTx> KeepProviders for C {
    /// A database that was not adopted when it was opened is read without the table.
    async fn provider(&mut self, name: &str, lock: Lock) -> Result<StoredProvider, C::Error> {
        let key = [Arg::Text(Some(name))];
        if lock == Lock::No && !self.dialect().has(PROVIDER_STATE) {
            return Ok(StoredProvider::default());
        }
        if lock == Lock::Yes {
            // A row must exist to be locked.
            let sql = "INSERT INTO ipcascade_provider_state (provider) VALUES ($1) ON CONFLICT DO NOTHING";
            self.execute(sql.to_owned(), &key).await?;
        }
        // Works before a migration has added a column.
        let columns = ["not_before", "reason", "used", "since", "spoken_for_until"];
        let columns = columns.map(|column| self.dialect().read(PROVIDER_STATE, column));
        let (name_of, alias) = (PROVIDER_STATE.name, alias(PROVIDER_STATE));
        let sql = format!(
            "SELECT {} FROM {name_of} {alias} WHERE {alias}.provider = $1{}",
            columns.join(", "),
            self.dialect().locking(lock, "provider", alias)
        );
        let rows = self.fetch(sql, &key).await?;
        let Some(row) = rows.first() else {
            return Ok(StoredProvider::default());
        };
        Ok(StoredProvider {
            state: ProviderState {
                not_before: row.timestamp(0)?,
                reason: row.text(1)?,
                used: count(row.number(2)?),
                since: row.timestamp(3)?,
            },
            spoken_for_until: row.timestamp(4)?,
        })
    }

    async fn provider_names(&mut self) -> Result<Vec<String>, C::Error> {
        let (table, alias) = (PROVIDER_STATE.name, alias(PROVIDER_STATE));
        let sql = format!("SELECT {alias}.provider FROM {table} {alias}");
        let rows = self.fetch(sql, &[]).await?;
        let names: Result<Vec<Option<String>>, _> = rows.iter().map(|row| row.text(0)).collect();
        Ok(names?.into_iter().flatten().collect())
    }

    async fn write_provider(
        &mut self,
        name: &str,
        provider: &StoredProvider,
    ) -> Result<(), C::Error> {
        let sql = "INSERT INTO ipcascade_provider_state \
                   (provider, not_before, reason, used, since, spoken_for_until) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (provider) DO UPDATE SET \
                   not_before = excluded.not_before, reason = excluded.reason, used = excluded.used, \
                   since = excluded.since, spoken_for_until = excluded.spoken_for_until";
        let state = &provider.state;
        let args = [
            Arg::Text(Some(name)),
            Arg::Timestamp(state.not_before),
            Arg::Text(state.reason.as_deref()),
            Arg::Number(Some(stored(state.used))),
            Arg::Timestamp(state.since),
            Arg::Timestamp(provider.spoken_for_until),
        ];
        self.execute(sql.to_owned(), &args).await
    }
}
