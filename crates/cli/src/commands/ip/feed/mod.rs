//! `ipcascade ip export --feed`: addresses for firewalls and for threat intelligence platforms.

mod address_formats;
mod args;
mod choice;
mod cidr;
mod command;
mod data;
mod feed_record;
mod ids;
mod ipset;
mod misp;
mod name;
mod nft;
mod pf;
mod plain;
mod prefixes;
mod stix;

pub(crate) use args::FeedArgs;
pub(super) use command::run;
