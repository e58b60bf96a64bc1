//! `ipcascade asn prefixes`.

mod command;
mod files;
mod found;
mod row;
mod stored;

pub(super) use command::{PrefixesCommand, run};
pub(crate) use row::{fields, json_schema};
