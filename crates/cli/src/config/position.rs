//! Where in a configuration file a key is.

use toml_edit::{ImDocument, Item, Key, TableLike};

/// The line and the column of the key at a path, counted from 1, as in `:3:1`; of the last key on the way that there is.
pub(super) fn position(text: &str, path: &[&str]) -> Option<String> {
    let document = ImDocument::parse(text).ok()?;
    let mut item = document.as_item();
    let mut found = None;
    for &part in path {
        let Some((place, inner)) = member(item, part) else {
            break;
        };
        found = place.or(found);
        item = inner;
    }
    let before = text.get(..found?)?;
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    Some(format!(":{line}:{column}"))
}

/// A member of a table or a list, and where it begins.
fn member<'d>(item: &'d Item, part: &str) -> Option<(Option<usize>, &'d Item)> {
    if let Some(table) = item.as_table_like() {
        let (key, inner) = TableLike::get_key_value(table, part)?;
        return Some((Key::span(key).map(|span| span.start), inner));
    }
    let inner = item.get(part.parse::<usize>().ok()?)?;
    Some((inner.span().map(|span| span.start), inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_wherever_they_are() {
        let text = "offline = true\n\n[store]\n  url = 5\n[[cascade.steps]]\nprovider = \"x\"\n\
                    if_missing = [\"asn\", \"ASN\"]\n[providers]\nmaxmind = { files = 1 }\n";
        for (path, expected) in [
            (&["offline"][..], Some(":1:1")),
            (&["store", "url"], Some(":4:3")),
            (&["cascade", "steps", "0", "if_missing", "1"], Some(":7:22")),
            (&["providers", "maxmind", "files"], Some(":9:13")),
            // The table that lacks a key.
            (&["store", "path"], Some(":3:2")),
            (&["nothing"], None),
        ] {
            assert_eq!(position(text, path).as_deref(), expected, "{path:?}");
        }
        assert_eq!(position("[[", &["store"]), None);
    }
}
