//! After a list for which every address was read: which indexes would have helped.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::stream::{self, BoxStream, StreamExt as _};
use ipcascade_core::store::{SectionKey, Store, StoreResult};

use crate::app::App;
use crate::commands::listing::Selection;
use crate::output::words;
use crate::records::Addresses;

/// How long a list has been waited for, without the time that its reader takes.
#[derive(Clone, Debug, Default)]
pub(super) struct Waited(Arc<Mutex<Duration>>);

impl Waited {
    /// The rows, with the time that each is waited for.
    pub(super) fn for_rows<'r, T: Send + 'r>(&self, rows: BoxStream<'r, T>) -> BoxStream<'r, T> {
        let timed = (rows, self.clone());
        let timed = stream::unfold(timed, async |(mut rows, waited)| {
            let start = Instant::now();
            let row = rows.next().await?;
            *waited.0.lock().unwrap_or_else(PoisonError::into_inner) += start.elapsed();
            Some((row, (rows, waited)))
        });
        timed.boxed()
    }

    pub(super) fn so_far(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Quicker lists need no advice.
const LONG: Duration = Duration::from_secs(5);

/// Names the fields without an index of a list that took this long.
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
    let is_indexed = |key: &SectionKey| indexes.iter().any(|index| index.is_of(*key));
    let options: BTreeSet<String> = fields
        .into_iter()
        .filter(|(_, keys)| !keys.iter().all(is_indexed))
        .map(|(name, _)| format!("--index {name}"))
        .collect();
    if !options.is_empty() {
        let options: Vec<String> = options.into_iter().collect();
        let (took, options) = (words::seconds(took), options.join(" "));
        app.output().notice(&format!(
            "this took {took}, as every address was read; `ipcascade migrate {options}` makes an index for such lists"
        ));
    }
    Ok(())
}
