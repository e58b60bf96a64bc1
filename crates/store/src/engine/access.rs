//! The purpose of a transaction, and how often the store was written to.

/// The purpose of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To read from one snapshot, without locks.
    Snapshot,
    /// The same for few rows: a page of them, or those with some keys. Indexes are used.
    Page,
    /// To write the inventory: ASes, addresses, attributions and sessions. [`Tx::counting`](crate::engine::Tx::counting)
    /// says which side counts what is written.
    Write,
    /// The same, but giving way: it waits only briefly for a row that another transaction holds, since that one may
    /// wait for rows that this one holds.
    Yielding,
    /// To write what processes share beside the inventory: leases, and the state of providers.
    Coordinate,
}

/// How often this process and others have written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteMark {
    /// A number that changes when another process has written.
    pub others: i64,
    /// How many transactions of this process have committed.
    pub own: u64,
}
