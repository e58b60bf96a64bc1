//! JSON: objects of any kind, and honeypot events. Each object is judged by itself.

mod answer;
mod events;
mod fields;
mod header;
mod identity;
#[expect(clippy::module_inception, reason = "JSON, read")]
mod json;
mod known;
mod lenient;
mod members;
mod object;
mod objects;
mod path_value;
mod quick;
mod split;
#[cfg(test)]
mod tests;
mod text;
mod usual;
mod walk;

pub(crate) use answer::{AnswerLists, IsRecord, LeadingObject, answer};
pub(crate) use events::{event_in_text, has_event};
pub(crate) use fields::{FieldPaths, FoundFields};
pub(crate) use json::Json;
pub(crate) use object::{NoRecord, Object};
pub(crate) use objects::is_lenient;
pub use objects::{has_member, object_in};
pub(crate) use split::ValueSplitter;
pub(crate) use usual::{is_event, is_prefixed};
pub(crate) use walk::{JsonWalk, WalkStep, length_of_object};
