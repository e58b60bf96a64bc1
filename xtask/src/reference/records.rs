//! `records.md`: the records that commands write, and their fields.

use super::markdown;

/// Makes the page.
pub(super) fn page() -> String {
    let mut text = markdown::head("Records");
    text.push_str(
        "The records that `ip`, `asn` and `session`, `lookup` and the filter write, in every format. The names are also those of \
         `--columns`, `--sort`, `--where` and `--by`. [records.md](../records.md) explains them; `ipcascade schema NAME --format \
         json` prints the JSON Schema, with the fields that the configuration adds.\n",
    );
    for record in ipcascade::reference::records() {
        let title = markdown::code(record.name);
        text.push_str(&format!("\n## {title}\n\n{}\n\n", record.meaning));
        if record.name == "address" {
            text.push_str("Beside these it has every field of the [merged view](fields.md).\n\n");
        }
        let rows = record.fields.into_iter();
        let rows = rows.map(|[name, kind, meaning]| vec![markdown::code(&name), kind, meaning]);
        let rows: Vec<Vec<String>> = rows.collect();
        text.push_str(&markdown::table(&["field", "type", "meaning"], &rows));
    }
    text
}
