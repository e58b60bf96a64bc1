//! The statements as SQL that both SQLite and PostgreSQL understand.

use ipcascade_core::clock::{Timestamp, rfc3339};

use super::{
    AddressValue, AsnValue, ForeignAddress, ForeignAsn, ForeignRows, ForeignSession,
    ForeignStatement, HistoryValue, SessionValue,
};

fn text(text: impl AsRef<str>) -> String {
    format!("'{}'", text.as_ref().replace('\'', "''"))
}

fn timestamp(at: Timestamp) -> String {
    text(rfc3339(at))
}

fn or_null<T>(value: Option<T>, sql: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "NULL".to_owned(), sql)
}

fn number<T: ToString>(value: Option<T>) -> String {
    or_null(value, |number| number.to_string())
}

/// A table and its columns in statements.
struct ForeignTable {
    name: &'static str,
    key: &'static str,
    points_by: &'static str,
    /// Whether the key, and the column that refers to another table, are numbers.
    has_numbers: (bool, bool),
}

const ADDRESSES: ForeignTable = ForeignTable {
    name: "ip_inventory",
    key: "ip_address",
    points_by: "current_asn",
    has_numbers: (false, true),
};
const SESSIONS: ForeignTable = ForeignTable {
    name: "session_summaries",
    key: "session_id",
    points_by: "source_ip",
    has_numbers: (false, false),
};
const ASNS: ForeignTable = ForeignTable {
    name: "asn_inventory",
    key: "asn_number",
    points_by: "asn_number",
    has_numbers: (true, true),
};
const HISTORY: ForeignTable = ForeignTable {
    name: "ip_asn_history",
    key: "ip_address",
    points_by: "ip_address",
    has_numbers: (false, false),
};

impl ForeignTable {
    fn chosen(&self, rows: &ForeignRows) -> String {
        let value = |value: &String, is_number: bool| match is_number {
            true => value.clone(),
            false => text(value),
        };
        match rows {
            ForeignRows::All => String::new(),
            ForeignRows::Keys(keys) => {
                let keys = keys.iter().map(|key| value(key, self.has_numbers.0));
                let keys: Vec<String> = keys.collect();
                format!(" WHERE {} IN ({})", self.key, keys.join(", "))
            }
            ForeignRows::Of(key) => {
                let key = value(key, self.has_numbers.1);
                format!(" WHERE {} = {key}", self.points_by)
            }
        }
    }

    fn insert(&self, columns: &str, rows: impl IntoIterator<Item = Vec<String>>) -> String {
        let rows = rows.into_iter().map(|row| format!("({})", row.join(", ")));
        let rows: Vec<String> = rows.collect();
        let name = self.name;
        format!("INSERT INTO {name} ({columns}) VALUES {}", rows.join(", "))
    }

    fn update(&self, rows: &ForeignRows, values: impl IntoIterator<Item = String>) -> String {
        let values: Vec<String> = values.into_iter().collect();
        let (name, chosen) = (self.name, self.chosen(rows));
        format!("UPDATE {name} SET {}{chosen}", values.join(", "))
    }

    fn delete(&self, rows: &ForeignRows) -> String {
        format!("DELETE FROM {}{}", self.name, self.chosen(rows))
    }
}

/// The statements as one text.
pub fn sql(statements: &[ForeignStatement]) -> String {
    let statements: Vec<String> = statements.iter().map(statement).collect();
    statements.join(";\n")
}

fn statement(statement: &ForeignStatement) -> String {
    match statement {
        ForeignStatement::InsertAddresses(rows) => insert_addresses(rows),
        ForeignStatement::UpdateAddresses(rows, values) => {
            ADDRESSES.update(rows, values.iter().map(address_value))
        }
        ForeignStatement::DeleteAddresses(rows) => ADDRESSES.delete(rows),
        ForeignStatement::InsertSessions(rows) => insert_sessions(rows),
        ForeignStatement::UpdateSessions(rows, values) => {
            SESSIONS.update(rows, values.iter().map(session_value))
        }
        ForeignStatement::DeleteSessions(rows) => SESSIONS.delete(rows),
        ForeignStatement::InsertAsns(rows) => insert_asns(rows),
        ForeignStatement::UpdateAsns(rows, values) => {
            ASNS.update(rows, values.iter().map(asn_value))
        }
        ForeignStatement::DeleteAsns(rows) => ASNS.delete(rows),
        ForeignStatement::InsertHistory(rows) => HISTORY.insert(
            "ip_address, asn_number, observed_at",
            rows.iter()
                .map(|(key, number, at)| vec![text(key), number.to_string(), timestamp(*at)]),
        ),
        ForeignStatement::UpdateHistory(rows, values) => {
            HISTORY.update(rows, values.iter().map(history_value))
        }
        ForeignStatement::DeleteHistory(rows) => HISTORY.delete(rows),
    }
}

fn insert_addresses(rows: &[ForeignAddress]) -> String {
    let mut columns = "ip_address, current_asn, asn_last_verified, first_seen, last_seen, \
        session_count, enrichment, enrichment_updated_at"
        .to_owned();
    let knows_counts = rows.iter().any(|row| row.counts.is_some());
    if knows_counts {
        columns.push_str(", session_rows, sessions_without_row");
    }
    let values = rows.iter().map(|row| {
        let mut values = vec![
            text(&row.key),
            number(row.asn),
            or_null(row.verified, timestamp),
            timestamp(row.seen.0),
            timestamp(row.seen.1),
            row.sessions.to_string(),
            text(&row.document),
            or_null(row.enriched_at, timestamp),
        ];
        if knows_counts {
            let (rows, without_row) = row.counts.unwrap_or((Some(0), 0));
            values.extend([number(rows), without_row.to_string()]);
        }
        values
    });
    ADDRESSES.insert(&columns, values)
}

fn insert_sessions(rows: &[ForeignSession]) -> String {
    let columns = "session_id, source_ip, first_event_at, last_event_at, event_count";
    let values = rows.iter().map(|row| {
        let (first, last) = row.events.unzip();
        vec![
            text(&row.id),
            or_null(row.source.as_ref(), text),
            or_null(first, timestamp),
            or_null(last, timestamp),
            row.event_count.to_string(),
        ]
    });
    SESSIONS.insert(columns, values)
}

fn insert_asns(rows: &[ForeignAsn]) -> String {
    let columns = "asn_number, organization_name, first_seen, last_seen, unique_ip_count, \
        total_session_count, enrichment";
    let values = rows.iter().map(|row| {
        vec![
            row.number.to_string(),
            or_null(row.name.as_ref(), text),
            timestamp(row.seen.0),
            timestamp(row.seen.1),
            row.counts.0.to_string(),
            row.counts.1.to_string(),
            text(&row.document),
        ]
    });
    ASNS.insert(columns, values)
}

fn address_value(value: &AddressValue) -> String {
    let (column, value) = match value {
        AddressValue::Asn(asn) => ("current_asn", number(*asn)),
        AddressValue::Verified(at) => ("asn_last_verified", or_null(*at, timestamp)),
        AddressValue::FirstSeen(at) => ("first_seen", timestamp(*at)),
        AddressValue::LastSeen(at) => ("last_seen", timestamp(*at)),
        AddressValue::Sessions(count) => ("session_count", count.to_string()),
        AddressValue::MoreSessions(more) => ("session_count", format!("session_count + {more}")),
        AddressValue::SessionRows(rows) => ("session_rows", number(*rows)),
        AddressValue::WithoutRow(count) => ("sessions_without_row", count.to_string()),
        AddressValue::Document(document) => ("enrichment", text(document)),
        AddressValue::EnrichedAt(at) => ("enrichment_updated_at", or_null(*at, timestamp)),
        AddressValue::Version(version) => ("enrichment_version", text(version)),
        AddressValue::UpdatedAt(at) => ("updated_at", timestamp(*at)),
    };
    format!("{column} = {value}")
}

fn asn_value(value: &AsnValue) -> String {
    let (column, value) = match value {
        AsnValue::Addresses(count) => ("unique_ip_count", count.to_string()),
        AsnValue::Sessions(count) => ("total_session_count", count.to_string()),
        AsnValue::FirstSeen(at) => ("first_seen", timestamp(*at)),
        AsnValue::LastSeen(at) => ("last_seen", timestamp(*at)),
        AsnValue::Kind(kind) => ("asn_type", text(kind)),
        AsnValue::IsHosting(is) => ("is_known_hosting", is.to_string()),
        AsnValue::IsVpn(is) => ("is_known_vpn", is.to_string()),
    };
    format!("{column} = {value}")
}

fn session_value(value: &SessionValue) -> String {
    match value {
        SessionValue::Source(source) => format!("source_ip = {}", or_null(source.as_ref(), text)),
        SessionValue::Document(document) => format!("enrichment = {}", text(document)),
    }
}

fn history_value(value: &HistoryValue) -> String {
    match value {
        HistoryValue::Number(number) => format!("asn_number = {number}"),
        HistoryValue::Source(source) => format!("verification_source = {}", text(source)),
    }
}
