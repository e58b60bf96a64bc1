//! The tables as new databases get them.

/// A table: its columns, in order, and what holds for the whole of it.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [Column],
    /// Constraints over several columns, for `CREATE TABLE`.
    pub(crate) constraints: &'static [&'static str],
    /// Columns, or expressions, of which an index is needed.
    pub(crate) indexes: &'static [Index],
}

/// A column. Its definition also serves to add it to a table that has rows.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) definition: &'static str,
    /// The default of new rows, where rows that are there when the column is added keep NULL.
    pub(crate) default: Option<&'static str>,
}

/// An index, by the columns that it starts with.
pub(crate) struct Index {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static str,
}

const fn column(name: &'static str, definition: &'static str) -> Column {
    Column {
        name,
        definition,
        default: None,
    }
}

const fn index(name: &'static str, columns: &'static str) -> Index {
    Index { name, columns }
}

const MOMENT: &str = "TIMESTAMPTZ NOT NULL DEFAULT now()";
const COUNT: &str = "BIGINT NOT NULL DEFAULT 0";
const FLAG: &str = "BOOLEAN NOT NULL DEFAULT FALSE";
const DOCUMENT: &str = "JSONB NOT NULL DEFAULT '{}'";

pub(crate) const ASN_INVENTORY: &str = "asn_inventory";
pub(crate) const IP_INVENTORY: &str = "ip_inventory";
pub(crate) const SESSION_SUMMARIES: &str = "session_summaries";
pub(crate) const IP_ASN_HISTORY: &str = "ip_asn_history";
pub(crate) const SCHEMA_MARK: &str = "ipcascade_schema";

/// Every table, in the order in which they are created.
pub(crate) const TABLES: &[Table] = &[
    Table {
        name: ASN_INVENTORY,
        columns: &[
            column(
                "asn_number",
                "BIGINT PRIMARY KEY CHECK (asn_number BETWEEN 1 AND 4294967295)",
            ),
            column("organization_name", "TEXT"),
            column("organization_country", "VARCHAR(2)"),
            column("rir_registry", "VARCHAR(10)"),
            column("asn_type", "TEXT"),
            column("is_known_hosting", FLAG),
            column("is_known_vpn", FLAG),
            column("first_seen", MOMENT),
            column("last_seen", MOMENT),
            column("unique_ip_count", COUNT),
            column("total_session_count", COUNT),
            column("enrichment", DOCUMENT),
            column("enrichment_updated_at", "TIMESTAMPTZ"),
            column("created_at", MOMENT),
            column("updated_at", MOMENT),
        ],
        constraints: &[],
        indexes: &[],
    },
    Table {
        name: IP_INVENTORY,
        columns: &[
            column("ip_address", r#"VARCHAR(45) COLLATE "C" PRIMARY KEY"#),
            column(
                "current_asn",
                "BIGINT CHECK (current_asn BETWEEN 1 AND 4294967295) REFERENCES asn_inventory",
            ),
            column("asn_last_verified", "TIMESTAMPTZ"),
            column("first_seen", MOMENT),
            column("last_seen", MOMENT),
            column("session_count", COUNT),
            // NULL: the row was there before adoption; what exceeds its rows is known as a number.
            Column {
                name: "session_rows",
                definition: "BIGINT",
                default: Some("0"),
            },
            column("sessions_without_row", COUNT),
            column("enrichment", DOCUMENT),
            column("enrichment_updated_at", "TIMESTAMPTZ"),
            column("enrichment_version", "VARCHAR(10) DEFAULT '2.2'"),
            column("created_at", MOMENT),
            column("updated_at", MOMENT),
        ],
        constraints: &[],
        indexes: &[
            index("ipcascade_ip_asn", "current_asn"),
            index("ipcascade_ip_last_seen", "last_seen"),
            index("ipcascade_ip_sessions", "session_count"),
        ],
    },
    Table {
        name: SESSION_SUMMARIES,
        columns: &[
            column("session_id", r#"VARCHAR(64) COLLATE "C" PRIMARY KEY"#),
            column(
                "source_ip",
                r#"VARCHAR(45) COLLATE "C" REFERENCES ip_inventory"#,
            ),
            column("sensor", "TEXT"),
            column("first_event_at", "TIMESTAMPTZ"),
            column("last_event_at", "TIMESTAMPTZ"),
            column("event_count", COUNT),
            column(
                "snapshot_asn",
                "BIGINT CHECK (snapshot_asn BETWEEN 1 AND 4294967295)",
            ),
            column("snapshot_country", "VARCHAR(2)"),
            column("enrichment", "JSONB"),
            column("enrichment_at", "TIMESTAMPTZ"),
            column("created_at", MOMENT),
            column("updated_at", MOMENT),
        ],
        constraints: &[],
        indexes: &[
            index("ipcascade_session_source", "source_ip"),
            index("ipcascade_session_last_event", "last_event_at"),
        ],
    },
    Table {
        name: IP_ASN_HISTORY,
        columns: &[
            column("ip_address", r#"VARCHAR(45) COLLATE "C" NOT NULL"#),
            column(
                "asn_number",
                "BIGINT NOT NULL CHECK (asn_number BETWEEN 1 AND 4294967295)",
            ),
            column("observed_at", MOMENT),
            column("verification_source", "VARCHAR(50)"),
        ],
        constraints: &["PRIMARY KEY (ip_address, asn_number, observed_at)"],
        indexes: &[],
    },
    Table {
        name: "ipcascade_leases",
        columns: &[
            column("ip_address", r#"VARCHAR(45) COLLATE "C" PRIMARY KEY"#),
            column("owner", "TEXT NOT NULL"),
            column("expires_at", MOMENT),
        ],
        constraints: &[],
        indexes: &[index("ipcascade_leases_expires", "expires_at")],
    },
    Table {
        name: "ipcascade_provider_state",
        columns: &[
            column("provider", "TEXT PRIMARY KEY"),
            column("not_before", "TIMESTAMPTZ"),
            column("reason", "TEXT"),
            column("used", COUNT),
            column("since", "TIMESTAMPTZ"),
            column("spoken_for_until", "TIMESTAMPTZ"),
        ],
        constraints: &[],
        indexes: &[],
    },
    Table {
        name: "ipcascade_repairs",
        columns: &[
            column("id", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
            column("repaired_at", MOMENT),
            column("broken_check", "TEXT"),
            column("row_key", "TEXT"),
            column("before", "JSON"),
            column("after", "JSON"),
        ],
        constraints: &[],
        indexes: &[],
    },
    Table {
        name: "ipcascade_copies",
        columns: &[
            column("source", "TEXT PRIMARY KEY"),
            column("kind", "TEXT"),
            column("position", "TEXT"),
            column("left_out", COUNT),
            column("row_count", "BIGINT"),
            column("updated_at", MOMENT),
        ],
        constraints: &[],
        indexes: &[],
    },
    Table {
        name: SCHEMA_MARK,
        columns: &[
            column("version", "INTEGER PRIMARY KEY"),
            column("applied_at", MOMENT),
        ],
        constraints: &[],
        indexes: &[],
    },
];
