//! What a store is opened for.

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// To write: it is created if it is not there, and its schema brought up to date.
    Write,
    /// To change what is there (`verify --repair`): there must be an inventory, so that a mistyped name
    /// does not become an empty one; its schema is brought up to date.
    Update,
    /// To read: there must be an inventory; nothing is changed. A schema that lacks what reading needs is an
    /// error that names `ipcascade migrate`.
    Read,
    /// To look at what is there, whatever its schema (`backfill --dry-run`): there must be an inventory;
    /// nothing is changed.
    Inspect,
    /// To look at its schema only (`migrate --dry-run`): it may be missing; nothing is created or changed.
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
