//! JSON: objects of any kind, and honeypot events. Each object is judged by itself.

mod answer;
mod event_lines;
mod events;
mod fast_path;
mod fields;
mod header;
mod honeypots;
mod identity;
#[expect(clippy::module_inception, reason = "JSON, read")]
mod json;
mod lenient_json;
mod members;
mod object;
mod objects;
mod path_value;
mod split;
#[cfg(test)]
mod tests;
mod text;
mod walk;

pub(crate) use answer::{AnswerLists, IsRecord, LeadingObject, answer};
pub(crate) use event_lines::{is_event, is_prefixed};
pub(crate) use events::{event_in_text, has_event};
pub(crate) use fields::{FieldPaths, FoundFields};
pub(crate) use json::Json;
pub(crate) use object::{NoRecord, Object};
pub(crate) use objects::is_lenient;
pub use objects::{has_member, object_in};
pub(crate) use split::ValueSplitter;
pub(crate) use walk::{JsonWalk, WalkStep, length_of_object};
