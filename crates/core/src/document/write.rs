//! Writes a document as JSON, without U+0000.

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use serde_json::Value;

use crate::document::content::SectionContent;
use crate::document::sections::Document;
use crate::fields::write_text;

impl Document {
    /// The document as JSON text, with U+0000 removed from every string: PostgreSQL's `jsonb` cannot hold it, and the
    /// two stores must agree.
    pub fn to_json(&self) -> String {
        let mut text = String::from("{");
        for (index, (name, content)) in self.0.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            write_text(&mut text, name);
            text.push(':');
            match content {
                SectionContent::Made(section) => section.write_json(&mut text),
                SectionContent::Stored(part) => text.push_str(part.text()),
            }
        }
        text.push('}');
        if text.contains("\\u0000") {
            strip_nul(&text)
        } else {
            text
        }
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, content) in &self.0 {
            match (content.to_value(), content) {
                (Some(value), _) => map.serialize_entry(name, value.as_ref())?,
                (None, SectionContent::Stored(part)) => map.serialize_entry(name, part.text())?,
                (None, SectionContent::Made(_)) => {}
            }
        }
        map.end()
    }
}

/// Removes U+0000 from every string and key of a JSON text.
fn strip_nul(text: &str) -> String {
    fn clean(value: &mut Value) {
        match value {
            Value::String(text) => text.retain(|c| c != '\0'),
            Value::Array(items) => items.iter_mut().for_each(clean),
            Value::Object(fields) => {
                let cleaned = std::mem::take(fields)
                    .into_iter()
                    .map(|(mut key, mut value)| {
                        key.retain(|c| c != '\0');
                        clean(&mut value);
                        (key, value)
                    });
                *fields = cleaned.collect();
            }
            _ => {}
        }
    }
    serde_json::from_str(text).map_or_else(
        |_| text.to_owned(),
        |mut value: Value| {
            clean(&mut value);
            value.to_string()
        },
    )
}
