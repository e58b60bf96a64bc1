//! Another program's writes, as values: a database receives them as SQL, the memory store as they are.

mod apply;
mod sql;
mod statement;

pub use apply::{Manner, apply};
pub use sql::sql;
pub use statement::{
    AddressValue, AsnValue, ForeignAddress, ForeignAsn, ForeignRows, ForeignSession,
    ForeignStatement, HistoryValue, SessionValue,
};
