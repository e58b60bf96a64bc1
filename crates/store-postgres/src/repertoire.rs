//! Which characters the encoding of the database has: where it is not UTF8, a single one that it lacks fails a whole batch.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use ipcascade_core::store::StoreErrorKind;

use crate::connection::Transaction;
use crate::engine::PgEngine;
use crate::error::{EngineResult, Fault};

impl PgEngine {
    /// Those of `characters` that the database cannot hold, found by halves, and all that were found before.
    pub(crate) async fn find_unfit(
        &self,
        characters: &BTreeSet<char>,
    ) -> EngineResult<BTreeSet<char>> {
        let mut transaction = self.begin().await?;
        let mut unfit = BTreeSet::new();
        let mut todo = vec![characters.iter().copied().collect::<Vec<char>>()];
        while let Some(part) = todo.pop() {
            if part.is_empty() || holds(&mut transaction, &part).await? {
                continue;
            }
            match part.as_slice() {
                [one] => {
                    unfit.insert(*one);
                }
                _ => {
                    let (first, second) = part.split_at(part.len() / 2);
                    todo.extend([first.to_vec(), second.to_vec()]);
                }
            }
        }
        transaction.rollback().await?;
        let mut known = self.unfit.lock().unwrap_or_else(PoisonError::into_inner);
        known.append(&mut unfit);
        Ok(known.clone())
    }
}

async fn holds(transaction: &mut Transaction, characters: &[char]) -> EngineResult<bool> {
    let text: String = characters.iter().collect();
    sqlx::raw_sql("SAVEPOINT tried")
        .execute(&mut **transaction)
        .await?;
    let tried = sqlx::query("SELECT $1::text").bind(text);
    let Err(error) = tried.execute(&mut **transaction).await else {
        return Ok(true);
    };
    let fault = Fault::Database(error);
    if fault.kind() != StoreErrorKind::Unfit {
        return Err(fault);
    }
    sqlx::raw_sql("ROLLBACK TO SAVEPOINT tried")
        .execute(&mut **transaction)
        .await?;
    Ok(false)
}
