//! Lists of ASes.

use futures::stream::BoxStream;
use ipcascade_core::store::{AsnListColumn, AsnQuery, AsnRow, StoreResult};

use crate::engine::Engine;
use crate::listing::{Cell, Listing, StoredRow, Test};
use crate::lists::readable_rows::list;
use crate::schema::ASN_INVENTORY;

/// AS rows. Rows whose number is not an ASN are left out, with a warning of how many.
pub fn asns<'e, E: Engine>(engine: &'e E, query: &AsnQuery) -> BoxStream<'e, StoreResult<AsnRow>> {
    let wanted = query.organization.as_ref().map(|name| name.to_lowercase());
    // Case-insensitive matching of a name depends on a database's locale, if it is known at all.
    let test = query.test.clone();
    let is_filtered = wanted.is_some() || test.is_some();
    let limit = query.limit.filter(|_| !is_filtered);
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
    listing.add_conditions(&query.conditions);
    listing.sort(query.order);
    match query.order.by {
        AsnListColumn::TotalSessionCount => {
            listing.sort_further(AsnListColumn::UniqueIpCount, query.order);
        }
        AsnListColumn::UniqueIpCount => {
            listing.sort_further(AsnListColumn::TotalSessionCount, query.order);
        }
        _ => {}
    }
    let is_listed = move |row: &AsnRow| {
        let name = row.organization_name.as_deref().unwrap_or_default();
        let contains = |wanted: &String| name.to_lowercase().contains(wanted);
        wanted.as_ref().is_none_or(contains) && test.as_ref().is_none_or(|test| test.passes(row))
    };
    let decode = move |row| match row {
        StoredRow::Asn(row) => row.decode().map(|row| Some(row).filter(&is_listed)),
        _ => Some(None),
    };
    list(engine, "list ASes", listing, query.limit, decode)
}
