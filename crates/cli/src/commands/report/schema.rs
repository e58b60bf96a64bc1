//! The JSON Schema of a report.

use ipcascade_core::settings_schema;
use serde_json::{Map, Value};

use crate::commands::report::figures::Figures;

/// The JSON Schema of a report.
pub(crate) fn json_schema() -> Value {
    let mut root = Map::new();
    let dialect = "https://json-schema.org/draft/2020-12/schema";
    root.insert("$schema".to_owned(), dialect.into());
    root.insert("title".to_owned(), "report".into());
    if let Value::Object(own) = settings_schema::of::<Figures>().to_value() {
        root.extend(
            own.into_iter()
                .filter(|(name, _)| name != "title" && name != "$schema"),
        );
    }
    root.into()
}
