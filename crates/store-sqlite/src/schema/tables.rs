//! Tables and indexes.

/// A table with its columns.
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is for, in a few words.
    pub(crate) purpose: &'static str,
    /// Its columns, in order.
    pub(crate) columns: &'static [Column],
    /// What follows the columns: keys of more than one column.
    pub(crate) constraints: &'static str,
    /// Whether lists cannot be read without it.
    pub(crate) is_read: bool,
}

/// A column.
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its definition in a new table.
    pub(crate) definition: &'static str,
    /// Its definition when added to a table with rows, where it must be nullable or have a constant
    /// default.
    pub(crate) added: &'static str,
}

const fn column(name: &'static str, definition: &'static str, added: &'static str) -> Column {
    Column {
        name,
        definition,
        added,
    }
}

/// A column defined the same way in either case.
const fn plain(name: &'static str, definition: &'static str) -> Column {
    column(name, definition, definition)
}

const IN_RANGE: &str =
    "BIGINT CHECK (current_asn BETWEEN 1 AND 4294967295) REFERENCES asn_inventory (asn_number)";
const NOW: &str = "TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP";
const COUNT: &str = "INTEGER NOT NULL DEFAULT 0";
const FLAG: &str = "BOOLEAN NOT NULL DEFAULT 0";
const MOMENT: &str = "TIMESTAMP NOT NULL";
const DOCUMENT: &str = "JSON NOT NULL DEFAULT '{}'";

/// Every table.
///
/// `asn_number` is `INTEGER`, which has 64 bits here like `BIGINT`: only `INTEGER PRIMARY KEY` is
/// the row's own key instead of a second tree.
pub(crate) const TABLES: &[Table] = &[
    Table {
        name: "asn_inventory",
        purpose: "autonomous systems",
        is_read: true,
        constraints: "",
        columns: &[
            column(
                "asn_number",
                "INTEGER NOT NULL PRIMARY KEY CHECK (asn_number BETWEEN 1 AND 4294967295)",
                "INTEGER",
            ),
            plain("organization_name", "TEXT"),
            plain("organization_country", "VARCHAR(2)"),
            plain("rir_registry", "VARCHAR(10)"),
            plain("asn_type", "TEXT"),
            plain("is_known_hosting", FLAG),
            plain("is_known_vpn", FLAG),
            column("first_seen", MOMENT, "TIMESTAMP"),
            column("last_seen", MOMENT, "TIMESTAMP"),
            plain("unique_ip_count", COUNT),
            plain("total_session_count", COUNT),
            plain("enrichment", DOCUMENT),
            plain("enrichment_updated_at", "TIMESTAMP"),
            column("created_at", NOW, "TIMESTAMP"),
            column("updated_at", NOW, "TIMESTAMP"),
        ],
    },
    Table {
        name: "ip_inventory",
        purpose: "addresses",
        is_read: true,
        constraints: "",
        columns: &[
            column(
                "ip_address",
                "VARCHAR(45) NOT NULL PRIMARY KEY",
                "VARCHAR(45)",
            ),
            column(
                "current_asn",
                IN_RANGE,
                "BIGINT REFERENCES asn_inventory (asn_number)",
            ),
            plain("asn_last_verified", "TIMESTAMP"),
            column("first_seen", MOMENT, "TIMESTAMP"),
            column("last_seen", MOMENT, "TIMESTAMP"),
            plain("session_count", COUNT),
            // NULL: the row was there before adoption; what exceeds its rows is known as a number.
            column("session_rows", "INTEGER DEFAULT 0", "INTEGER"),
            plain("sessions_without_row", COUNT),
            plain("enrichment", DOCUMENT),
            plain("enrichment_updated_at", "TIMESTAMP"),
            plain("enrichment_version", "VARCHAR(10) DEFAULT '2.2'"),
            column("created_at", NOW, "TIMESTAMP"),
            column("updated_at", NOW, "TIMESTAMP"),
        ],
    },
    Table {
        name: "session_summaries",
        purpose: "sessions",
        is_read: true,
        constraints: "",
        columns: &[
            column(
                "session_id",
                "VARCHAR(64) NOT NULL PRIMARY KEY",
                "VARCHAR(64)",
            ),
            plain(
                "source_ip",
                "VARCHAR(45) REFERENCES ip_inventory (ip_address)",
            ),
            plain("sensor", "TEXT"),
            plain("first_event_at", "TIMESTAMP"),
            plain("last_event_at", "TIMESTAMP"),
            plain("event_count", COUNT),
            plain("snapshot_asn", "BIGINT"),
            plain("snapshot_country", "VARCHAR(2)"),
            plain("enrichment", "JSON"),
            plain("enrichment_at", "TIMESTAMP"),
        ],
    },
    Table {
        name: "ip_asn_history",
        purpose: "attributions of addresses to autonomous systems",
        is_read: true,
        constraints: ",\n  PRIMARY KEY (ip_address, asn_number, observed_at)",
        columns: &[
            column(
                "ip_address",
                "VARCHAR(45) NOT NULL REFERENCES ip_inventory (ip_address)",
                "VARCHAR(45)",
            ),
            column(
                "asn_number",
                "BIGINT NOT NULL CHECK (asn_number BETWEEN 1 AND 4294967295) REFERENCES asn_inventory (asn_number)",
                "BIGINT",
            ),
            column("observed_at", MOMENT, "TIMESTAMP"),
            plain("verification_source", "VARCHAR(50)"),
        ],
    },
    Table {
        name: "ipcascade_leases",
        purpose: "which process works on which address",
        is_read: false,
        constraints: "",
        columns: &[
            column(
                "ip_address",
                "VARCHAR(45) NOT NULL PRIMARY KEY",
                "VARCHAR(45)",
            ),
            column("owner", "TEXT NOT NULL", "TEXT"),
            column("expires_at", MOMENT, "TIMESTAMP"),
        ],
    },
    Table {
        name: "ipcascade_provider_state",
        purpose: "what is remembered of providers",
        is_read: false,
        constraints: "",
        columns: &[
            column("provider", "TEXT NOT NULL PRIMARY KEY", "TEXT"),
            plain("not_before", "TIMESTAMP"),
            plain("reason", "TEXT"),
            plain("used", COUNT),
            plain("since", "TIMESTAMP"),
            plain("spoken_for_until", "TIMESTAMP"),
        ],
    },
    Table {
        name: "ipcascade_repairs",
        purpose: "what repairs have taken away",
        is_read: false,
        constraints: "",
        columns: &[
            plain("id", "INTEGER PRIMARY KEY"),
            column("repaired_at", MOMENT, "TIMESTAMP"),
            plain("broken_check", "TEXT"),
            plain("row_key", "TEXT"),
            plain("before", "JSON"),
            plain("after", "JSON"),
        ],
    },
    Table {
        name: "ipcascade_counting",
        purpose: "says whose a transaction is; never has a row that is committed",
        is_read: false,
        constraints: "",
        columns: &[plain("by_itself", "INTEGER PRIMARY KEY")],
    },
    Table {
        name: "ipcascade_replaced",
        purpose: "sessions that another program is replacing; what stays behind means nothing",
        is_read: false,
        constraints: "",
        columns: &[
            plain("session_id", "TEXT PRIMARY KEY"),
            plain("source_ip", "TEXT"),
        ],
    },
    Table {
        name: "ipcascade_copies",
        purpose: "how far copies into this inventory have come",
        is_read: false,
        constraints: "",
        columns: &[
            column("source", "TEXT NOT NULL PRIMARY KEY", "TEXT"),
            plain("kind", "TEXT"),
            plain("position", "TEXT"),
            plain("left_out", COUNT),
            plain("row_count", "BIGINT"),
            column("updated_at", NOW, "TIMESTAMP"),
        ],
    },
    Table {
        name: "ipcascade_schema",
        purpose: "version of this schema",
        is_read: false,
        constraints: "",
        columns: &[
            plain("version", "INTEGER PRIMARY KEY"),
            column("applied_at", NOW, "TIMESTAMP"),
        ],
    },
];

/// An index on one column or expression.
pub(crate) struct Index {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its table.
    pub(crate) table: &'static str,
    /// Its column.
    pub(crate) column: &'static str,
    /// Whether it is on the moment in the column instead of its text.
    pub(crate) is_moment: bool,
}

const fn index(name: &'static str, table: &'static str, column: &'static str) -> Index {
    Index {
        name,
        table,
        column,
        is_moment: false,
    }
}

/// Every index, but for those on due sections, which are made when first needed.
pub(crate) const INDEXES: &[Index] = &[
    index("ix_ip_inventory_current_asn", "ip_inventory", "current_asn"),
    index(
        "ix_ip_inventory_session_count",
        "ip_inventory",
        "session_count",
    ),
    Index {
        name: "ix_ipcascade_ip_last_seen",
        table: "ip_inventory",
        column: "last_seen",
        is_moment: true,
    },
    index(
        "ix_session_summaries_source_ip",
        "session_summaries",
        "source_ip",
    ),
    index(
        "ix_session_summaries_snapshot_asn",
        "session_summaries",
        "snapshot_asn",
    ),
    Index {
        name: "ix_ipcascade_session_last_event",
        table: "session_summaries",
        column: "last_event_at",
        is_moment: true,
    },
];
