//! `fields.md`: the fields of the merged view, and which providers have them.

use std::collections::BTreeMap;

use ipcascade_core::field::Field;
use ipcascade_core::registry::Registry;

use super::markdown;
use crate::error::{Error, Result};

/// Makes the page.
pub(super) fn page(registry: &Registry) -> Result<String> {
    let mut sources: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for factory in registry.providers() {
        for source in factory.fields {
            let name = markdown::code(factory.name.as_str());
            let key = markdown::code(source.key);
            let is_same = source.key == source.field.name();
            let entry = match is_same {
                true => name,
                false => format!("{name} (as {key})"),
            };
            sources.entry(source.field.name()).or_default().push(entry);
        }
    }
    let mut rows = Vec::new();
    for field in Field::WELL_KNOWN {
        let undescribed = || Error::Request(format!("the field `{field}` has no description"));
        let kind = field.kind().ok_or_else(undescribed)?;
        let meaning = field.meaning().ok_or_else(undescribed)?;
        let providers = sources.remove(field.name()).unwrap_or_default().join(", ");
        rows.push(vec![
            markdown::code(field.name()),
            kind.to_string(),
            meaning.to_owned(),
            providers,
        ]);
    }
    let others = sources.into_iter();
    let others = others.map(|(name, providers)| vec![markdown::code(name), providers.join(", ")]);
    let others: Vec<Vec<String>> = others.collect();
    Ok([
        markdown::head("Fields"),
        "\nA field is a value that several providers know under one name. These names are used in `if_missing`, in `prefer`, in \
         templates and in the merged view. \"As\" names the key in the provider's section, where it is another.\n"
            .to_owned(),
        markdown::table(&["field", "type", "meaning", "providers"], &rows),
        "\n## Fields of one provider\n\nThe settings of `exec`, `lists` and `maxmind` can define more.\n".to_owned(),
        markdown::table(&["field", "provider"], &others),
    ]
    .concat())
}
