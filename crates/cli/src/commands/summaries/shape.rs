//! The members of a summary, as JSON Schema.

use serde_json::{Map, Value, json};

use crate::records::json_schema_of;

/// The JSON document, or one object of the list, that a command prints as its result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summary {
    /// Its name, as in `schema NAME`.
    pub(crate) name: &'static str,
    /// What it is, as a sentence.
    pub(super) meaning: &'static str,
    pub(super) members: &'static [Member],
}

/// A member of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    name: &'static str,
    shape: Shape,
    meaning: &'static str,
    presence: Presence,
}

/// Whether a member is always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Always,
    /// With null where there is nothing to say.
    OrNull,
    /// Left out where there is nothing to say.
    Sometimes,
}

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// A text.
    Text,
    /// A whole number.
    Count,
    /// Any number.
    Number,
    /// True or false.
    Flag,
    /// A time in UTC.
    Time,
    /// A list of texts.
    Texts,
    /// A count for each name.
    Counts,
    /// An object.
    Object(&'static [Member]),
    /// An object for each name.
    Named(&'static [Member]),
    /// A list of objects.
    List(&'static [Member]),
    /// Any value, such as that of a column.
    Any,
}

impl Member {
    /// A member that is always there.
    pub(super) const fn new(name: &'static str, shape: Shape, meaning: &'static str) -> Self {
        Self {
            name,
            shape,
            meaning,
            presence: Presence::Always,
        }
    }

    /// The same, if it may be null.
    pub(super) const fn or_null(self) -> Self {
        Self {
            presence: Presence::OrNull,
            ..self
        }
    }

    /// The same, if it may be left out.
    pub(super) const fn sometimes(self) -> Self {
        Self {
            presence: Presence::Sometimes,
            ..self
        }
    }
}

impl Summary {
    /// Its JSON Schema.
    pub(crate) fn json_schema(&self) -> Value {
        let required = required(self.members);
        json_schema_of(self.name, self.meaning, properties(self.members), &required)
    }
}

fn required(members: &[Member]) -> Vec<&'static str> {
    let members = members.iter();
    let required = members.filter(|member| member.presence != Presence::Sometimes);
    required.map(|member| member.name).collect()
}

fn properties(members: &[Member]) -> Map<String, Value> {
    let property = |member: &Member| {
        let mut property = schema_of(member.shape);
        if member.presence == Presence::OrNull {
            property = json!({"anyOf": [property, {"type": "null"}]});
        }
        if let Some(property) = property.as_object_mut() {
            property.insert("description".to_owned(), member.meaning.into());
        }
        (member.name.to_owned(), property)
    };
    members.iter().map(property).collect()
}

fn schema_of(shape: Shape) -> Value {
    match shape {
        Shape::Text => json!({"type": "string"}),
        Shape::Count => json!({"type": "integer", "minimum": 0}),
        Shape::Number => json!({"type": "number"}),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Time => json!({"type": "string", "format": "date-time"}),
        Shape::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Shape::Counts => {
            json!({"type": "object", "additionalProperties": schema_of(Shape::Count)})
        }
        Shape::Object(members) => json!({
            "type": "object",
            "properties": properties(members),
            "required": required(members),
        }),
        Shape::Named(members) => {
            json!({"type": "object", "additionalProperties": schema_of(Shape::Object(members))})
        }
        Shape::List(members) => {
            json!({"type": "array", "items": schema_of(Shape::Object(members))})
        }
        Shape::Any => json!({}),
    }
}
