//! JSON: objects of any kind, and honeypot events. Each object is judged by itself.

mod event_lines;
mod events;
mod fast_path;
mod fields;
mod flat_members;
mod header;
mod honeypots;
mod identity;
#[expect(clippy::module_inception, reason = "JSON, read")]
mod json;
mod lenient_json;
mod list_end;
mod members;
mod object;
mod object_text;
mod path_value;
mod split;
#[cfg(test)]
mod tests;
mod text;
mod walk;
mod wrapped_list;

pub(crate) use event_lines::{is_event, is_prefixed};
pub(crate) use events::{event_in_text, has_event};
pub(crate) use fields::{FieldPaths, FoundFields};
pub use flat_members::{FlatMember, FlatMembers, flat_members};
pub(crate) use json::Json;
pub(crate) use list_end::ListEnd;
pub(crate) use object::{NoRecord, Object};
pub(crate) use object_text::is_lenient;
pub use object_text::{has_member, object_in};
pub(crate) use split::ValueSplitter;
pub(crate) use walk::{JsonWalk, WalkStep, length_of_object};
pub(crate) use wrapped_list::{AnswerLists, IsRecord, LeadingObject, answer};
