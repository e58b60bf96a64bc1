//! `ipcascade lookup`: what is known about an address, source by source; about an AS; what is stored in a prefix.

mod address;
mod asn;
mod command;
mod explain;
mod fields;
mod glance;
mod looked_up;
mod network;
mod pasted;
mod question;

pub(crate) use command::LookupArgs;
