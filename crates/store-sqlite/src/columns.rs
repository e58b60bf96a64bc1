//! Which columns the tables really have: ours, those of others that must be given a value, and those
//! that a database lacks which was not adopted yet.

use crate::schema::Present;

pub(crate) const ASN_OWN: &[&str] = &[
    "asn_number",
    "organization_name",
    "organization_country",
    "rir_registry",
    "asn_type",
    "is_known_hosting",
    "is_known_vpn",
    "first_seen",
    "last_seen",
    "unique_ip_count",
    "total_session_count",
    "enrichment",
    "enrichment_updated_at",
    "created_at",
    "updated_at",
];
pub(crate) const ADDRESS_OWN: &[&str] = &[
    "ip_address",
    "current_asn",
    "asn_last_verified",
    "first_seen",
    "last_seen",
    "session_count",
    "session_rows",
    "sessions_without_row",
    "enrichment",
    "enrichment_updated_at",
    "enrichment_version",
    "created_at",
    "updated_at",
];
pub(crate) const SESSION_OWN: &[&str] = &[
    "session_id",
    "source_ip",
    "sensor",
    "first_event_at",
    "last_event_at",
    "event_count",
    "snapshot_asn",
    "snapshot_country",
    "enrichment_at",
];
pub(crate) const HISTORY_OWN: &[&str] = &[
    "ip_address",
    "asn_number",
    "observed_at",
    "verification_source",
];

/// The columns of an address, in the order of [`crate::rows::stored_address`].
const ADDRESS_READ: &[&str] = &[
    "ip_address",
    "current_asn",
    "asn_last_verified",
    "first_seen",
    "last_seen",
    "session_count",
    "session_rows",
    "sessions_without_row",
    "enrichment",
    "enrichment_updated_at",
    "enrichment_version",
];

/// What statements need to know of the tables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    /// Columns of adopted tables that are not ours but must be given a value, each with SQL for it.
    pub(crate) foreign_asns: Vec<(String, &'static str)>,
    pub(crate) foreign_addresses: Vec<(String, &'static str)>,
    pub(crate) foreign_sessions: Vec<(String, &'static str)>,
    pub(crate) foreign_history: Vec<(String, &'static str)>,
    pub(crate) sessions_have_updated_at: bool,
    /// Every column of `ip_inventory` that can be written, ours or not.
    pub(crate) all_addresses: Vec<String>,
    /// Columns of ours that `ip_inventory` lacks before adoption.
    absent_of_addresses: Vec<&'static str>,
    /// Whether `asn_inventory` can be read.
    pub(crate) has_asns: bool,
}

impl Columns {
    /// Those of the tables that are there.
    pub(crate) fn of(present: &Present) -> Self {
        Self {
            foreign_asns: present.foreign_columns("asn_inventory", ASN_OWN),
            foreign_addresses: present.foreign_columns("ip_inventory", ADDRESS_OWN),
            foreign_sessions: present.foreign_columns("session_summaries", SESSION_OWN),
            foreign_history: present.foreign_columns("ip_asn_history", HISTORY_OWN),
            sessions_have_updated_at: present.has_column("session_summaries", "updated_at"),
            all_addresses: present.written_columns("ip_inventory"),
            absent_of_addresses: ADDRESS_OWN
                .iter()
                .copied()
                .filter(|column| !present.has_column("ip_inventory", column))
                .collect(),
            has_asns: ASN_OWN
                .iter()
                .all(|column| present.has_column("asn_inventory", column)),
        }
    }

    /// The columns of an address, of the alias `i`; those that are not there are read as NULL.
    pub(crate) fn of_address(&self) -> String {
        let columns: Vec<String> = ADDRESS_READ
            .iter()
            .map(|column| self.address_column(column))
            .collect();
        columns.join(", ")
    }

    /// A column of an address, of the alias `i`, or NULL if it is not there.
    pub(crate) fn address_column(&self, column: &str) -> String {
        match self.absent_of_addresses.contains(&column) {
            true => "NULL".to_owned(),
            false => format!("i.{column}"),
        }
    }

    /// Whether a session's document must be something.
    pub(crate) fn sessions_need_documents(&self) -> bool {
        self.foreign_sessions
            .iter()
            .any(|(name, _)| name == "enrichment")
    }
}
