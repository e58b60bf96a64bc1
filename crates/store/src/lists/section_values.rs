//! Which addresses can be in a list, by indexes of what their sections have.

use std::collections::BTreeSet;

use futures::FutureExt as _;
use ipcascade_core::store::{SectionKey, SectionTest, StoreResult};
use serde_json::Value;

use crate::engine::{Access, Engine, ReadSectionValues as _};
use crate::sql::LONGEST_VALUE;

/// Of a key with more different values than this, no condition is looked up in its index: each value is tested.
const MOST_VALUES: u64 = 50_000;

/// A value as an index has it, read; `None` if the index does not have all of it.
pub(super) fn read(text: &str) -> Option<Value> {
    // Cut ones have this many characters, and so at least as many bytes.
    if text.len() >= LONGEST_VALUE {
        return None;
    }
    let value: Value = serde_json::from_str(text).ok()?;
    // A fraction may be rounded.
    (!value.is_f64()).then_some(value)
}

/// Values under a key, as an index has them.
pub(super) type ValuesOf = (SectionKey, Vec<String>);

/// The different values under each of `keys`; `None` if one of the keys has no index, or too many of them.
pub(super) async fn values_of<E: Engine>(
    engine: &E,
    keys: &[SectionKey],
) -> StoreResult<Option<Vec<ValuesOf>>> {
    let read = async || {
        let mut tx = engine.begin(Access::Page).await?;
        let indexed = tx.section_indexes().await?;
        let has_index = |key: &SectionKey| {
            key.in_identifiers()
                .is_some_and(|name| indexed.contains(&name))
        };
        if keys.is_empty() || !keys.iter().all(has_index) {
            return Ok(None);
        }
        let mut all = Vec::new();
        for &key in keys {
            let values = tx.section_values(key, MOST_VALUES + 1).await?;
            // What is not UTF-8 cannot be looked up.
            let is_text = |value: &String| !value.contains(char::REPLACEMENT_CHARACTER);
            if values.len() as u64 > MOST_VALUES || !values.iter().all(is_text) {
                return Ok(None);
            }
            all.push((key, values));
        }
        Ok(Some(all))
    };
    engine.run("list addresses", || read().boxed()).await
}

/// The keys of the addresses that have one of these values; `None` if there are more than `most`.
pub(super) async fn addresses_with<E: Engine>(
    engine: &E,
    values: &[ValuesOf],
    most: u64,
) -> StoreResult<Option<BTreeSet<String>>> {
    let read = async || {
        let mut tx = engine.begin(Access::Page).await?;
        let mut found = BTreeSet::new();
        for (key, values) in values.iter().filter(|(_, values)| !values.is_empty()) {
            let keys = tx.addresses_with(*key, values, most + 1).await?;
            if keys.len() as u64 > most {
                return Ok(None);
            }
            found.extend(keys);
        }
        Ok(Some(found).filter(|found| found.len() as u64 <= most))
    };
    engine.run("list addresses", || read().boxed()).await
}

/// The keys of addresses among which are all that pass every one of `tests`; `None` if no index has fewer than `most`.
pub(super) async fn candidates<E: Engine>(
    engine: &E,
    tests: &[SectionTest],
    most: u64,
) -> StoreResult<Option<BTreeSet<String>>> {
    let (mut fewest, mut most) = (None, most);
    for test in tests {
        let Some(mut values) = values_of(engine, &test.keys).await? else {
            continue;
        };
        let may_pass = |text: &String| read(text).is_none_or(|value| test.passes(&value));
        for (_, values) in &mut values {
            values.retain(may_pass);
        }
        if let Some(found) = addresses_with(engine, &values, most).await? {
            most = found.len() as u64;
            fewest = Some(found);
        }
    }
    Ok(fewest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_that_an_index_has_not_whole_are_unknown() {
        for (text, value) in [("\"NL\"", json!("NL")), ("[1,true]", json!([1, true]))] {
            assert_eq!(read(text), Some(value), "{text}");
        }
        let long = format!("\"{}", "x".repeat(LONGEST_VALUE - 1));
        let number = "1".repeat(LONGEST_VALUE);
        for text in ["?", "1.5", "1e3", &*long, &*number, "\"cut"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
