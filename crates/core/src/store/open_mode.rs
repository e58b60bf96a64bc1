//! The purpose of opening a store.

/// The purpose of opening a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// To write: it is created if it does not exist, and its schema is brought up to date.
    Write,
    /// To change existing rows (`verify --repair`): there must be an inventory, so that a mistyped name does not become
    /// an empty one; its schema is brought up to date.
    Update,
    /// To read: there must be an inventory; nothing is changed. A schema that lacks what reading needs is an error that
    /// names `ipcascade migrate`.
    Read,
    /// To inspect the rows, whatever the schema (`backfill --dry-run`): there must be an inventory; nothing is changed.
    Inspect,
    /// To inspect its schema only (`migrate --dry-run`): it may be missing; nothing is created or changed.
    Plan,
}

impl OpenMode {
    /// Whether anything is written.
    pub const fn writes(self) -> bool {
        matches!(self, Self::Write | Self::Update)
    }

    /// Whether there must be an inventory.
    pub const fn needs_inventory(self) -> bool {
        !matches!(self, Self::Write | Self::Plan)
    }
}
