//! `ipcascade refresh`: looks up again what is stale, missing or failed. Any number of processes on one store share the
//! work.

mod claim_rounds;
mod command;
mod work;

pub(crate) use claim_rounds::run;
pub(crate) use command::RefreshArgs;
pub(crate) use work::{LeaseArgs, RefreshWork};
