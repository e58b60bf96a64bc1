//! The records that every command writes, in every format: an address, an AS, a session, as flat fields.

pub(crate) mod address;
pub(crate) mod asn;
mod beside;
mod condition;
pub(crate) mod field;
pub(crate) mod kind;
pub(crate) mod prefix;
mod record;
mod schema;
pub(crate) mod session;
mod wanted;

pub(crate) use address::Addresses;
pub(crate) use asn::Asns;
pub(crate) use beside::Beside;
pub(crate) use condition::Condition;
pub(crate) use kind::RecordKind;
pub(crate) use record::{Record, shown};
pub(crate) use schema::{json_schema, json_schema_of, properties};
pub(crate) use session::Sessions;
