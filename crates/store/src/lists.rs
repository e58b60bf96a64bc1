//! Lists: which rows, in which order, how many. A database selects and sorts ([`Listing`]); what a row means, and
//! filters on which databases differ, are decided here.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use ipcascade_core::address::canonical_network;
use ipcascade_core::store::{
    AddressOrder, AddressQuery, AddressRow, AsnOrder, AsnQuery, AsnRow, SessionQuery, SessionRow,
    StoreResult,
};
use ipnet::IpNet;

use crate::engine::Engine;
use crate::listing::{Cell, Listing, StoredRow, Test};
use crate::schema::{ASN_INVENTORY, IP_INVENTORY, SESSION_SUMMARIES};

/// AS rows. Rows whose number is not an ASN are left out, with a warning of how many.
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
        StoredRow::Asn(row) => row.decode().map(|row| Some(row).filter(&is_called)),
        _ => Some(None),
    };
    list(engine, "list ASes", listing, query.limit, decode)
}

/// Addresses. Rows whose key is not an address are left out, with a warning of how many.
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
        StoredRow::Address(row) => row.decode().map(|(row, _)| Some(row).filter(is_inside)),
        _ => Some(None),
    };
    list(engine, "list addresses", listing, query.limit, decode)
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
        StoredRow::Session(row) => Some(Some(row.decode())),
        _ => Some(None),
    };
    list(engine, "list sessions", listing, query.limit, decode)
}

/// How many more rows are read at first, to make up for those that are left out.
const SPARE: u64 = 64;

/// Rows that `decode` accepts, at most `limit`; it returns `None` for one that cannot be read. Only if more than [`SPARE`] are left out, the list is read again from a
/// later snapshot, without a limit.
fn list<'e, E: Engine, T: Send + 'static>(
    engine: &'e E,
    action: &'static str,
    listing: Listing,
    limit: Option<u64>,
    decode: impl Fn(StoredRow) -> Option<Option<T>> + Clone + Send + Sync + 'static,
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
    let unreadable = Arc::<AtomicU64>::default();
    let table = listing.table.name;
    let first = {
        let (read_rows, kept_rows) = (Arc::clone(&read_rows), Arc::clone(&kept_rows));
        let unreadable = Arc::clone(&unreadable);
        let decode = decode.clone();
        let rows = read(&listing).inspect(move |_| {
            read_rows.fetch_add(1, Ordering::Relaxed);
        });
        rows.try_filter_map(move |row| {
            let row = decode(row).unwrap_or_else(|| {
                unreadable.fetch_add(1, Ordering::Relaxed);
                None
            });
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
        let rows = read(&all);
        let rows = rows.try_filter_map(move |row| std::future::ready(Ok(decode(row).flatten())));
        rows.skip(usize::try_from(kept).unwrap_or(usize::MAX))
            .boxed()
    };
    let warning = async move {
        let count = unreadable.load(Ordering::Relaxed);
        if count > 0 {
            tracing::warn!(
                "rows of {table} whose key cannot be read, left out of the list: {count}"
            );
        }
        stream::empty().boxed()
    };
    let most = limit.and_then(|limit| usize::try_from(limit).ok());
    first
        .chain(stream::once(rest).flatten())
        .chain(stream::once(warning).flatten())
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
