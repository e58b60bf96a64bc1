//! Whether a line is an event, or an object behind a prefix: read with usual settings, as long as nothing is known about the input.

use std::sync::LazyLock;

use ipcascade_core::clock::Timestamp;

use crate::json::events::EVENT_ID;
use crate::json::fields::{FieldPaths, FoundFields};
use crate::json::header::{OF_MOST, inside};
use crate::json::json::Json;
use crate::json::split::ValueSplitter;
use crate::options::InputFormat;
use crate::spelling::Spelling;
use crate::times::TimeRules;

/// How objects are read as long as nothing is known about their container.
static USUAL: LazyLock<Json> = LazyLock::new(|| Json {
    format: InputFormat::Ndjson,
    values: ValueSplitter::new(true),
    paths: FieldPaths::new(&[], &[], Spelling::default()),
    are_events: false,
    are_told_apart: false,
    are_prefixed: true,
    has_usual_names: true,
    spelling: Spelling::default(),
});

/// Whether `line` has an object with an address after a prefix.
pub(crate) fn is_prefixed(line: &[u8]) -> bool {
    if matches!(line.first(), None | Some(b'{' | b'"')) {
        return false;
    }
    let Some(object) = inside(line, OF_MOST) else {
        return false;
    };
    let mut found = FoundFields::default();
    let read = USUAL.paths.read(object, &mut found);
    read.is_ok() && !found.addresses.is_empty()
}

/// Whether `value` is an event of a known honeypot.
pub(crate) fn is_event(value: &[u8]) -> bool {
    let Some(object) = inside(value, OF_MOST).filter(|object| object.first() == Some(&b'{')) else {
        return false;
    };
    if EVENT_ID.find(object).is_none() {
        return false;
    }
    let mut found = FoundFields::default();
    // Times do not matter here.
    let now = Timestamp::UNIX_EPOCH;
    USUAL
        .read(object, &TimeRules { now, written: now }, &mut found)
        .is_ok_and(|object| object.is_event)
}
