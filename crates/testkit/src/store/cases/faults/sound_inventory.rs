//! A sound inventory, and statements that break it.

use ipcascade_core::store::AddressUpdate;

use crate::store::StoreSubject;
use crate::store::fixtures::{day, geo, nth, session, visited};
use crate::store::foreign::{AddressValue, ForeignRows, ForeignStatement};
use crate::store::trial::Trial;

/// Three addresses with a session each, in two ASes.
pub(super) async fn sound(subject: Box<dyn StoreSubject>) -> Trial {
    let trial = Trial::new(subject).await;
    let batch: Vec<AddressUpdate> = [(1, 65001), (2, 65001), (3, 65002)]
        .iter()
        .map(|&(i, number)| {
            let mut update = visited(nth(i), vec![session(&format!("s{i}"), "pot", (1, 5), 1)]);
            update.answers.push(geo(number, "X", "NL", day(1)));
            update
        })
        .collect();
    trial.record(&batch, day(2)).await;
    trial
}

pub(super) fn set_address(key: &str, values: &[AddressValue]) -> ForeignStatement {
    ForeignStatement::UpdateAddresses(ForeignRows::key(key), values.to_vec())
}

pub(super) fn set_document(key: &str, document: &str) -> ForeignStatement {
    set_address(key, &[AddressValue::Document(document.to_owned())])
}
