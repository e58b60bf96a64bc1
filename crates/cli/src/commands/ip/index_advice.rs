//! After a list for which every address was read: which indexes would have helped.

use std::collections::HashSet;
use std::time::Duration;

use ipcascade_core::store::{SectionKey, Store, StoreResult};

use crate::app::App;
use crate::commands::listing::Selection;
use crate::output::words;
use crate::records::Addresses;

/// Quicker lists need no advice.
const LONG: Duration = Duration::from_secs(5);

/// Names the fields without an index of a list that took long.
pub(super) async fn advise(
    app: &App<'_>,
    store: &dyn Store,
    selection: &Selection<Addresses>,
    took: Duration,
) -> StoreResult<()> {
    let fields = selection.section_fields();
    if took < LONG || fields.is_empty() {
        return Ok(());
    }
    let indexes = store.value_indexes().await?;
    let indexed: HashSet<String> = indexes.into_iter().map(|index| index.key).collect();
    let is_indexed = |key: &SectionKey| {
        let name = key.in_identifiers();
        name.is_some_and(|name| indexed.contains(&name))
    };
    let mut options: Vec<String> = fields
        .into_iter()
        .filter(|(_, keys)| !keys.iter().all(is_indexed))
        .map(|(name, _)| format!("--index {name}"))
        .collect();
    options.dedup();
    if !options.is_empty() {
        let (took, options) = (words::seconds(took), options.join(" "));
        app.output().notice(&format!(
            "this took {took}, as every address was read; `ipcascade migrate {options}` makes an index for such lists"
        ));
    }
    Ok(())
}
