//! The output of many kinds of programs, as they write it: which address is stored, and when it was seen.

mod events;
mod json;
mod stored;
mod tables;
mod text;
mod typed_events;
