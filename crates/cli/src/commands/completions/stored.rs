//! The values in an inventory that begin with a text.

use futures::TryStreamExt as _;
use ipcascade_core::store::{
    AsnListColumn, AsnQuery, ListCondition, ListOrder, ListValue, SessionListColumn, SessionQuery,
    Store, StoreResult,
};

use crate::commands::completions::line::Wanted;

/// How many values are offered: more would not be read.
const MOST: u64 = 50;

/// The greatest ASN.
const GREATEST: i64 = u32::MAX as i64;

/// The values, each as it goes on from what is written.
pub(super) async fn values(store: &dyn Store, wanted: &Wanted) -> StoreResult<Vec<String>> {
    match wanted {
        Wanted::Asn(written) => asns(store, written).await,
        Wanted::Session(written) => sessions(store, written).await,
    }
}

/// ASNs by their number; every range of numbers that begin so is read through the key.
async fn asns(store: &dyn Store, written: &str) -> StoreResult<Vec<String>> {
    let digits = written.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let (prefix, _) = written.split_at(written.len() - digits.len());
    // What is written is not changed; without anything, an AS is written in full.
    let prefix = match written {
        "" => "AS",
        _ => prefix,
    };
    if !["", "A", "AS", "ASN"].contains(&prefix.to_ascii_uppercase().as_str()) {
        return Ok(Vec::new());
    }
    let prefix = match prefix {
        "A" => "AS",
        "a" => "as",
        prefix => prefix,
    };
    let mut found = Vec::new();
    for (first, last) in ranges(digits) {
        let left = MOST.saturating_sub(u64::try_from(found.len()).unwrap_or(MOST));
        if left == 0 {
            break;
        }
        let number = AsnListColumn::Asn;
        let query = AsnQuery {
            order: ListOrder::least_first(number),
            limit: Some(left),
            include_empty: true,
            conditions: vec![
                (number, ListCondition::AtLeast(ListValue::Number(first))),
                (number, ListCondition::AtMost(ListValue::Number(last))),
            ],
            ..AsnQuery::default()
        };
        let rows: Vec<_> = store.asns(&query).try_collect().await?;
        found.extend(rows.iter().map(|row| format!("{prefix}{}", row.asn.get())));
    }
    Ok(found)
}

/// The ranges of numbers that begin with these digits.
fn ranges(digits: &str) -> Vec<(i64, i64)> {
    if digits.is_empty() {
        return vec![(0, GREATEST)];
    }
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    let Some(number) = digits.parse::<i64>().ok().filter(|_| is_number) else {
        return Vec::new();
    };
    let (mut ranges, mut first, mut width) = (Vec::new(), number, 1);
    while first <= GREATEST {
        ranges.push((first, (first + width - 1).min(GREATEST)));
        (first, width) = (first * 10, width * 10);
    }
    ranges
}

async fn sessions(store: &dyn Store, written: &str) -> StoreResult<Vec<String>> {
    let id = SessionListColumn::SessionId;
    let least = ListCondition::AtLeast(ListValue::Text(written.to_owned()));
    let query = SessionQuery {
        order: match written {
            // The newest ones.
            "" => SessionQuery::default().order,
            _ => ListOrder::least_first(id),
        },
        limit: Some(MOST),
        conditions: match written {
            "" => Vec::new(),
            _ => vec![(id, least)],
        },
        ..SessionQuery::default()
    };
    let rows: Vec<_> = store.sessions(&query).try_collect().await?;
    let ids = rows.into_iter().map(|row| row.session_id);
    // They are not quoted in any shell, and were chosen by strangers.
    let is_plain = |id: &String| {
        id.starts_with(written)
            && id.starts_with(|first: char| first.is_ascii_alphanumeric())
            && id
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || b"-_.@:".contains(&it))
    };
    Ok(ids.filter(is_plain).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_the_numbers_that_begin_so() {
        assert_eq!(ranges(""), [(0, GREATEST)]);
        assert_eq!(
            ranges("151")[..3],
            [(151, 151), (1510, 1519), (15100, 15199)]
        );
        assert_eq!(ranges("429496729").last(), Some(&(4_294_967_290, GREATEST)));
        assert_eq!(ranges("4294967295"), [(GREATEST, GREATEST)]);
        for nothing in ["0", "015", "4294967296", "99999999999999999999", "1x", "+1"] {
            assert!(ranges(nothing).is_empty(), "{nothing}");
        }
    }
}
