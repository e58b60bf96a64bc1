//! `ipcascade migrate`: brings the schema of a database up to date, and makes indexes on request.

mod command;
mod value_indexes;

pub(crate) use command::{MigrateArgs, run};
