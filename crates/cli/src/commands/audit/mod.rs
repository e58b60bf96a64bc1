//! `ipcascade audit`: where sources disagree.

mod command;
mod records;
mod report;

pub(crate) use command::AuditArgs;
