//! `ipcascade report`: the inventory on one page.

mod activity;
mod addresses;
mod asns;
mod command;
mod figures;
mod gather;
mod page;
mod period;
mod scan;
mod sources;
mod sparkline;
mod terminal;
mod words;

pub(crate) use command::ReportArgs;
