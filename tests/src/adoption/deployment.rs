//! Databases as the previous program left them.

use ipcascade_testkit::store::StoreSubject;
use xtask::deployed::{Flavour, keys_after_the_rows, schema};

use super::rows::rows;

/// Fills an empty database with the tables and rows of a deployment.
pub async fn deploy(subject: &dyn StoreSubject, flavour: Flavour) {
    subject.execute(&schema(flavour)).await;
    subject.plant(&rows(flavour)).await;
    subject.execute(keys_after_the_rows(flavour)).await;
}
