//! The tables of the inventory, which other programs may write as well.

use super::table::ColumnType::{Address, Asn, Count, Document, Flag, Id, Limited, Text, Timestamp};
use super::table::{
    ColumnType, DefaultValue, Table, column, empty, given, now, referring, unknown,
};

/// Autonomous systems.
pub const ASN_INVENTORY: &Table = &Table {
    name: "asn_inventory",
    purpose: "autonomous systems",
    key: &["asn_number"],
    columns: &[
        given("asn_number", Asn, "The number of the AS."),
        unknown(
            "organization_name",
            Text,
            "Name of the organization that runs it.",
        ),
        unknown(
            "organization_country",
            Limited(2),
            "Its registration country (ISO 3166-1 alpha-2).",
        ),
        unknown("rir_registry", Limited(10), "Its RIR."),
        unknown(
            "asn_type",
            Text,
            "Kind of network, as its source names it: `hosting`, `isp`, …",
        ),
        empty(
            "is_known_hosting",
            Flag,
            "Whether a source knows it for hosting.",
        ),
        empty(
            "is_known_vpn",
            Flag,
            "Whether a source knows it for VPN services.",
        ),
        given(
            "first_seen",
            Timestamp,
            "When one of its addresses was first seen.",
        ),
        given(
            "last_seen",
            Timestamp,
            "When one of its addresses was last seen.",
        ),
        empty(
            "unique_ip_count",
            Count,
            "Number of addresses that it is the current AS of.",
        ),
        empty(
            "total_session_count",
            Count,
            "Sum of the session counts of these addresses.",
        ),
        empty(
            "enrichment",
            Document,
            "The source of each value of this row, and its time.",
        ),
        unknown(
            "enrichment_updated_at",
            Timestamp,
            "When `enrichment` last changed.",
        ),
        now("created_at", "When the row was written."),
        now("updated_at", "When the row was last changed."),
    ],
};

/// Addresses.
pub const IP_INVENTORY: &Table = &Table {
    name: "ip_inventory",
    purpose: "addresses",
    key: &["ip_address"],
    columns: &[
        given("ip_address", Address, "The address as RFC 5952 writes it."),
        referring("current_asn", Asn, "asn_inventory", "Its origin AS."),
        unknown(
            "asn_last_verified",
            Timestamp,
            "When a look-up last confirmed that.",
        ),
        given("first_seen", Timestamp, "When it was first seen."),
        given("last_seen", Timestamp, "When it was last seen."),
        empty("session_count", Count, "Number of its distinct sessions."),
        // NULL: the row is from before adoption; the excess over its rows is known as a number.
        column(
            "session_rows",
            Count,
            DefaultValue::EmptyIfNew,
            "Number of its stored sessions; NULL in rows from before adoption.",
        ),
        empty(
            "sessions_without_row",
            Count,
            "Number of its sessions that are known only as a number.",
        ),
        empty(
            "enrichment",
            Document,
            "Its document: a section for each provider.",
        ),
        unknown(
            "enrichment_updated_at",
            Timestamp,
            "When `enrichment` last changed.",
        ),
        column(
            "enrichment_version",
            Limited(10),
            DefaultValue::Text(crate::document_version::DOCUMENT_VERSION),
            "Version of the form of the document.",
        ),
        now("created_at", "When the row was written."),
        now("updated_at", "When the row was last changed."),
    ],
};

/// Sessions.
pub const SESSION_SUMMARIES: &Table = &Table {
    name: "session_summaries",
    purpose: "sessions",
    key: &["session_id"],
    columns: &[
        given(
            "session_id",
            Id,
            "The sensor's ID; where that is taken, with `@sensor`, `@address` or both.",
        ),
        referring(
            "source_ip",
            Address,
            "ip_inventory",
            "The address that it came from.",
        ),
        unknown("sensor", Text, "The sensor that saw it."),
        unknown("first_event_at", Timestamp, "Its first event."),
        unknown("last_event_at", Timestamp, "Its last event."),
        empty("event_count", Count, "Number of its events."),
        unknown(
            "snapshot_asn",
            Asn,
            "Origin AS of its address when it was first enriched.",
        ),
        unknown(
            "snapshot_country",
            Limited(2),
            "Geo country of its address at that time.",
        ),
        unknown(
            "enrichment",
            Document,
            "A document of another program; written only by `copy`.",
        ),
        unknown(
            "enrichment_at",
            Timestamp,
            "When the snapshots were taken; they do not change afterwards.",
        ),
        // The identities of its events.
        unknown(
            "event_ids",
            Text,
            "Hashes of its events, so that each counts once.",
        ),
    ],
};

/// Attributions of addresses to ASes. No foreign keys: rows are deleted with their address by a trigger, and lock
/// nothing.
pub const IP_ASN_HISTORY: &Table = &Table {
    name: "ip_asn_history",
    purpose: "attributions of addresses to autonomous systems",
    key: &["ip_address", "asn_number", "observed_at"],
    columns: &[
        given("ip_address", Address, "The address."),
        given("asn_number", Asn, "Its origin AS from then on."),
        given("observed_at", Timestamp, "When this was observed."),
        unknown("verification_source", Limited(50), "The source."),
    ],
};

/// The tables that lists are read from and that older programs may have filled, in an order in which rows refer only to
/// earlier ones.
pub const BOOKS: [&Table; 4] = [
    ASN_INVENTORY,
    IP_INVENTORY,
    SESSION_SUMMARIES,
    IP_ASN_HISTORY,
];

/// The columns that hold ASNs, by table.
pub fn asn_columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of = |table: &'static Table| {
        let asns = table
            .columns
            .iter()
            .filter(|column| column.kind == ColumnType::Asn);
        asns.map(|column| (table.name, column.name))
    };
    BOOKS.into_iter().flat_map(of)
}
