//! Lists: which rows, in which order, how many. A database selects and sorts ([`Listing`]); what a row means, and
//! filters on which databases differ, are decided here.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use ipcascade_core::address::canonical_network;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{
    AddressOrder, AddressQuery, AddressRow, AsnOrder, AsnQuery, AsnRow, SessionQuery, SessionRow,
    StoreResult,
};
use ipnet::IpNet;

use crate::engine::Engine;
use crate::schema::{ASN_INVENTORY, IP_INVENTORY, SESSION_SUMMARIES, Table};
use crate::sql::{Arg, Dialect, alias, at_most, of_listed};
use crate::stored::{DocumentedSession, StoredAddress, StoredAsn, StoredSession};

/// A sorted list of rows of a table.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The table.
    pub table: &'static Table,
    /// What must hold for every row.
    pub filters: Vec<ColumnFilter>,
    /// The column by which rows are sorted in the order of its index, NULL last; then as below. That order differs
    /// between databases.
    pub along: Option<&'static str>,
    /// The columns by which rows are sorted, the greatest value first and NULL last; then by the key, ascending.
    pub greatest_first: Vec<&'static str>,
    /// At most this many.
    pub limit: Option<u64>,
    /// Whether everything stored with the rows is read: sessions with the documents of other programs.
    pub is_whole: bool,
}

/// A condition on a column. For NULL, only [`Test::Unknown`] and [`Test::Reached`] hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnFilter {
    /// The column.
    pub column: &'static str,
    /// The condition.
    pub test: Test,
}

/// A condition on a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// It equals this one.
    Is(Cell),
    /// It equals this text, ignoring ASCII case. The text here is in upper case.
    IsInAnyCase(String),
    /// It is NULL.
    Unknown,
    /// It is this one or greater.
    AtLeast(Cell),
    /// It is NULL, or not before this one in the order of the column's index.
    Reached(Cell),
    /// It is greater.
    Above(Cell),
    /// It is in one of these ranges, from (inclusive) and to (exclusive).
    Within(Vec<(Cell, Cell)>),
}

/// A value. Texts are compared bytewise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// A number.
    Number(i64),
    /// A timestamp.
    Timestamp(Timestamp),
    /// A text.
    Text(String),
}

impl Cell {
    const fn arg(&self) -> Arg<'_> {
        match self {
            Self::Number(number) => Arg::Number(Some(*number)),
            Self::Timestamp(timestamp) => Arg::Timestamp(Some(*timestamp)),
            Self::Text(text) => Arg::Text(Some(text.as_str())),
        }
    }
}

/// A row of a list.
#[derive(Clone, Debug)]
pub enum StoredRow {
    /// Of [`ASN_INVENTORY`].
    Asn(StoredAsn),
    /// Of [`IP_INVENTORY`].
    Address(StoredAddress),
    /// Of [`SESSION_SUMMARIES`].
    Session(StoredSession),
    /// The same, in a list of whole rows.
    DocumentedSession(DocumentedSession),
}

impl Listing {
    fn of(table: &'static Table, limit: Option<u64>) -> Self {
        Self {
            table,
            filters: Vec::new(),
            along: None,
            greatest_first: Vec::new(),
            limit,
            is_whole: false,
        }
    }

    /// All rows with everything stored with them.
    pub(crate) fn whole(table: &'static Table) -> Self {
        Self {
            is_whole: true,
            ..Self::of(table, None)
        }
    }

    pub(crate) fn add(&mut self, column: &'static str, test: Test) {
        self.filters.push(ColumnFilter { column, test });
    }

    fn add_since(&mut self, column: &'static str, since: Option<Timestamp>) {
        if let Some(since) = since {
            self.add(column, Test::AtLeast(Cell::Timestamp(since)));
        }
    }

    /// The statement, with `$1`, `$2`, … for the values returned with it.
    pub fn sql(&self, dialect: &impl Dialect) -> (String, Vec<Arg<'_>>) {
        let table = self.table;
        let mut args = Vec::new();
        let mut bind = |arg| {
            args.push(arg);
            format!("${}", args.len())
        };
        let mut sql = format!(
            "SELECT {} FROM {} {} WHERE TRUE",
            of_listed(dialect, self),
            table.name,
            alias(table)
        );
        for ColumnFilter { column, test } in &self.filters {
            let plain = format!("{}.{column}", alias(table));
            let compared = dialect.comparable(table, column);
            let condition = match test {
                // An index supports the plain column.
                Test::Is(cell) => format!("{plain} = {}", bind(cell.arg())),
                Test::IsInAnyCase(text) => {
                    format!("upper({compared}) = {}", bind(Arg::Text(Some(text))))
                }
                Test::Unknown => format!("{plain} IS NULL"),
                Test::AtLeast(cell) => format!("{compared} >= {}", bind(cell.arg())),
                Test::Reached(cell) => {
                    format!("({plain} >= {} OR {plain} IS NULL)", bind(cell.arg()))
                }
                Test::Above(cell) => format!("{compared} > {}", bind(cell.arg())),
                Test::Within(ranges) => {
                    let ranges = ranges.iter().map(|(from, to)| {
                        let (from, to) = (bind(from.arg()), bind(to.arg()));
                        format!("({compared} >= {from} AND {compared} < {to})")
                    });
                    format!("({})", ranges.collect::<Vec<_>>().join(" OR "))
                }
            };
            sql.push_str(&format!(" AND {condition}"));
        }
        sql.push_str(" ORDER BY ");
        if let Some(column) = self.along {
            sql.push_str(&format!("{}.{column} NULLS LAST, ", alias(table)));
        }
        for column in &self.greatest_first {
            let compared = dialect.comparable(table, column);
            let direction = dialect.greatest_first(table, column);
            sql.push_str(&format!("{compared} {direction}, "));
        }
        let keys = table.key.iter().map(|key| dialect.comparable(table, key));
        sql.push_str(&keys.collect::<Vec<_>>().join(", "));
        if let Some(limit) = self.limit {
            sql.push_str(&format!(" LIMIT {}", at_most(limit)));
        }
        (sql, args)
    }

    /// Whether a row, of which `value` returns columns, is in the list.
    pub fn matches(&self, value: impl Fn(&str) -> Option<Cell>) -> bool {
        self.filters.iter().all(|ColumnFilter { column, test }| {
            let value = value(column);
            match test {
                Test::Unknown => value.is_none(),
                Test::IsInAnyCase(text) => {
                    matches!(value, Some(Cell::Text(value)) if value.eq_ignore_ascii_case(text))
                }
                Test::Is(cell) => value.as_ref() == Some(cell),
                Test::AtLeast(cell) => value.is_some_and(|value| value >= *cell),
                Test::Reached(cell) => value.is_none_or(|value| value >= *cell),
                Test::Above(cell) => value.is_some_and(|value| value > *cell),
                Test::Within(ranges) => value.is_some_and(|value| {
                    let mut ranges = ranges.iter();
                    ranges.any(|(from, to)| (from..to).contains(&&value))
                }),
            }
        })
    }
}

/// AS rows. Rows whose number is not an ASN are left out.
pub fn asns<'e, E: Engine>(engine: &'e E, query: &AsnQuery) -> BoxStream<'e, StoreResult<AsnRow>> {
    let wanted = query.organization.as_ref().map(|name| name.to_lowercase());
    // Case-insensitive matching of a name depends on a database's locale, if it is known at all.
    let limit = query.limit.filter(|_| wanted.is_none());
    let mut listing = Listing::of(ASN_INVENTORY, limit);
    for (column, text) in [
        ("organization_country", &query.country),
        ("rir_registry", &query.registry),
    ] {
        if let Some(text) = text {
            listing.add(column, Test::IsInAnyCase(text.to_ascii_uppercase()));
        }
    }
    listing.add_since("last_seen", query.seen_since);
    if !query.include_empty {
        listing.add("unique_ip_count", Test::Above(Cell::Number(0)));
    }
    listing.greatest_first = match query.order {
        AsnOrder::Number => Vec::new(),
        AsnOrder::Sessions => vec!["total_session_count", "unique_ip_count"],
        AsnOrder::Addresses => vec!["unique_ip_count", "total_session_count"],
        AsnOrder::LastSeen => vec!["last_seen"],
    };
    let is_called = move |row: &AsnRow| {
        let name = row.organization_name.as_deref().unwrap_or_default();
        let contains = |wanted: &String| name.to_lowercase().contains(wanted);
        wanted.as_ref().is_none_or(contains)
    };
    let decode = move |row| match row {
        StoredRow::Asn(row) => row.decode().filter(&is_called),
        _ => None,
    };
    list(
        engine,
        "listing autonomous systems",
        listing,
        query.limit,
        decode,
    )
}

/// Addresses. Rows whose key is not an address are left out.
pub fn addresses<'e, E: Engine>(
    engine: &'e E,
    query: &AddressQuery,
) -> BoxStream<'e, StoreResult<AddressRow>> {
    let limit = query.limit.filter(|_| query.prefix.is_none());
    let mut listing = Listing::of(IP_INVENTORY, limit);
    if let Some(asn) = query.asn {
        listing.add("current_asn", Test::Is(Cell::Number(asn.into())));
    }
    if query.unattributed {
        listing.add("current_asn", Test::Unknown);
    }
    let prefix = query.prefix.map(canonical_network);
    if let Some(ranges) = prefix.as_ref().and_then(text_ranges) {
        listing.add("ip_address", Test::Within(ranges));
    }
    listing.add_since("last_seen", query.seen_since);
    if let Some(after) = query.after {
        let after = Cell::Text(after.to_string());
        listing.add("ip_address", Test::Above(after));
    }
    listing.greatest_first = match query.order {
        AddressOrder::Address => Vec::new(),
        AddressOrder::Sessions => vec!["session_count"],
        AddressOrder::LastSeen => vec!["last_seen"],
    };
    let is_inside =
        move |row: &AddressRow| prefix.is_none_or(|prefix| prefix.contains(&row.address.ip()));
    let decode = move |row| match row {
        StoredRow::Address(row) => row.decode().map(|(row, _)| row).filter(is_inside),
        _ => None,
    };
    list(engine, "listing addresses", listing, query.limit, decode)
}

/// Sessions, newest first.
pub fn sessions<'e, E: Engine>(
    engine: &'e E,
    query: &SessionQuery,
) -> BoxStream<'e, StoreResult<SessionRow>> {
    let mut listing = Listing::of(SESSION_SUMMARIES, query.limit);
    if let Some(address) = query.address {
        let source = Cell::Text(address.to_string());
        listing.add("source_ip", Test::Is(source));
    }
    if let Some(asn) = query.asn {
        listing.add("snapshot_asn", Test::Is(Cell::Number(asn.into())));
    }
    if let Some(id) = &query.id {
        listing.add("session_id", Test::Is(Cell::Text(id.clone())));
    }
    listing.add_since("last_event_at", query.since);
    listing.greatest_first = vec!["last_event_at"];
    let decode = |row| match row {
        StoredRow::Session(row) => Some(row.decode()),
        _ => None,
    };
    list(engine, "listing sessions", listing, query.limit, decode)
}

/// How many more rows are read at first, to make up for those that are left out.
const SPARE: u64 = 64;

/// Rows that `decode` accepts, at most `limit`. Only if more than [`SPARE`] are left out, the list is read again from a
/// later snapshot, without a limit.
fn list<'e, E: Engine, T: Send + 'static>(
    engine: &'e E,
    action: &'static str,
    listing: Listing,
    limit: Option<u64>,
    decode: impl Fn(StoredRow) -> Option<T> + Clone + Send + Sync + 'static,
) -> BoxStream<'e, StoreResult<T>> {
    let listing = Listing {
        limit: listing.limit.map(|limit| limit.saturating_add(SPARE)),
        ..listing
    };
    let read = move |listing: &Listing| {
        let rows = engine.rows(listing);
        rows.map_err(move |error| engine.explain(action, error))
    };
    let (read_rows, kept_rows) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let first = {
        let (read_rows, kept_rows) = (Arc::clone(&read_rows), Arc::clone(&kept_rows));
        let decode = decode.clone();
        let rows = read(&listing).inspect(move |_| {
            read_rows.fetch_add(1, Ordering::Relaxed);
        });
        rows.try_filter_map(move |row| {
            let row = decode(row);
            kept_rows.fetch_add(row.is_some().into(), Ordering::Relaxed);
            std::future::ready(Ok(row))
        })
    };
    // Rows that are left out must not shorten the list: more rows are read.
    let rest = async move {
        let kept = kept_rows.load(Ordering::Relaxed);
        let was_cut = Some(read_rows.load(Ordering::Relaxed)) == listing.limit;
        if !was_cut || Some(kept) >= limit {
            return stream::empty().boxed();
        }
        let all = Listing {
            limit: None,
            ..listing
        };
        let rows = read(&all).try_filter_map(move |row| std::future::ready(Ok(decode(row))));
        rows.skip(usize::try_from(kept).unwrap_or(usize::MAX))
            .boxed()
    };
    let most = limit.and_then(|limit| usize::try_from(limit).ok());
    first
        .chain(stream::once(rest).flatten())
        .take(most.unwrap_or(usize::MAX))
        .boxed()
}

/// Ranges of texts, bytewise, that contain the addresses of a prefix in any spelling; `None` if they may be anywhere.
fn text_ranges(prefix: &IpNet) -> Option<Vec<(Cell, Cell)>> {
    let (beginnings, separator) = match prefix.network() {
        IpAddr::V4(network) => {
            let whole = usize::from(prefix.prefix_len() / 8).min(3);
            let octets = network.octets().into_iter().take(whole);
            let octets: Vec<String> = octets.map(|octet| octet.to_string()).collect();
            (vec![octets.join(".")], '.')
        }
        IpAddr::V6(network) => match network.segments()[0] {
            // A group of zeros may be part of `::`.
            0 => return None,
            _ if prefix.prefix_len() < 16 => return None,
            group => (in_any_case(&format!("{group:x}")), ':'),
        },
    };
    if beginnings.iter().any(String::is_empty) {
        return None;
    }
    let range = |from: String, to: String| (Cell::Text(from), Cell::Text(to));
    // The character after `.` and `:` in ASCII.
    let next = match separator {
        '.' => '/',
        _ => ';',
    };
    let mut ranges: Vec<_> = beginnings
        .into_iter()
        .map(|text| range(format!("{text}{separator}"), format!("{text}{next}")))
        .collect();
    // Odd spellings begin with blanks, with zeros, or as IPv4-mapped addresses.
    ranges.push(range(String::new(), "1".to_owned()));
    ranges.push(range(":".to_owned(), ";".to_owned()));
    ranges.push(range("\u{7f}".to_owned(), "\u{10ffff}".to_owned()));
    Some(ranges)
}

/// A text with each of its letters in both cases.
fn in_any_case(text: &str) -> Vec<String> {
    text.chars().fold(vec![String::new()], |texts, letter| {
        let with = |case: char| texts.iter().map(move |text| format!("{text}{case}"));
        let (lower, upper) = (letter.to_ascii_lowercase(), letter.to_ascii_uppercase());
        match lower == upper {
            true => with(lower).collect(),
            false => with(lower).chain(with(upper)).collect(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_texts_cover_their_prefix() {
        for anywhere in ["128.0.0.0/1", "::/96", "2000::/3"] {
            assert_eq!(text_ranges(&anywhere.parse().unwrap()), None);
        }
        for (prefix, spellings) in [
            (
                "10.0.0.0/8",
                vec!["10.1.2.3", " 10.1.2.3", "::ffff:10.0.0.1", "10.1.2.3 "],
            ),
            (
                "10.16.0.0/12",
                vec!["10.17.2.3", "0:0:0:0:0:ffff:10.17.2.3", "::FFFF:0a10:1"],
            ),
            ("10.16.3.4/32", vec!["10.16.3.4", "\u{a0}10.16.3.4"]),
            (
                "2a00:db8::/32",
                vec!["2a00:db8::1", "2A00:DB8::1", "2a00:0db8:0:0:0:0:0:1"],
            ),
            ("a00::/16", vec!["a00::1", "A00::1", "0a00::1", "0A00::1"]),
        ] {
            let ranges = text_ranges(&prefix.parse().unwrap()).unwrap();
            for spelling in spellings {
                let text = Cell::Text(spelling.to_owned());
                let mut covering = ranges
                    .iter()
                    .filter(|(from, to)| *from <= text && text < *to);
                assert!(covering.next().is_some(), "{prefix}: {spelling}");
            }
        }
        let ranges = text_ranges(&"10.16.0.0/16".parse().unwrap()).unwrap();
        let other = Cell::Text("10.17.0.1".to_owned());
        assert!(
            !ranges
                .iter()
                .any(|(from, to)| *from <= other && other < *to)
        );
    }
}
