//! `ipcascade report`: the inventory on one page.

mod activity;
mod addresses;
mod asns;
mod command;
mod figures;
mod found;
mod gather;
mod page;
mod period;
mod question;
mod ranking;
mod schema;
mod sources;
mod sparkline;
mod subject;
mod terminal;
mod words;

pub(crate) use command::ReportArgs;
pub(crate) use schema::json_schema;
