//! `ipcascade refresh`: looks up again what is stale, missing or failed. Any number of processes on one store share the
//! work.

mod command;
mod rounds;
mod work;

pub(crate) use command::RefreshArgs;
pub(crate) use rounds::run;
pub(crate) use work::{LeaseArgs, RefreshWork};
