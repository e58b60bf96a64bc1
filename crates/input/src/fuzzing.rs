//! What the targets of `fuzz/` call beside the interface; not part of it, and only built with `--cfg fuzzing`.

use std::borrow::Cow;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;

use crate::container::{self, Input};
use crate::json::{FieldPaths, FoundFields, Json, NoRecord, Object, ValueSplitter};
use crate::options::{InputFormat, InputOptions};
use crate::reader::{RecordReader, TakeReader};
use crate::skipped_text::Skipped;
use crate::spelling::Spelling;
use crate::times::{BadTime, TimeRules};
use crate::{escapes, refang, scan};

/// Reads events the quick way, and as any other object is read.
static BOTH_WAYS: LazyLock<[Json; 2]> = LazyLock::new(|| {
    [true, false].map(|is_quick| Json {
        format: InputFormat::Cowrie,
        values: ValueSplitter::new(true),
        paths: FieldPaths::new(&[], &[], Spelling::default()),
        are_events: false,
        are_told_apart: true,
        are_prefixed: false,
        has_usual_names: is_quick,
        spelling: Spelling::default(),
    })
});

/// Reads an event of Cowrie the quick way, and as any other object is read.
pub fn event_both_ways(text: &[u8], now: Timestamp) -> [Result<String, String>; 2] {
    let times = TimeRules { now, written: now };
    let shown = |object: Object<'_>| format!("{object:?}");
    BOTH_WAYS.each_ref().map(|json| {
        json.read(text, &times, &mut FoundFields::default())
            .map(shown)
            .map_err(|error| match error {
                NoRecord::Broken(reason) | NoRecord::NoAddress(reason) => reason,
            })
    })
}

/// Unpacks `bytes`, and passes on a reader for each input in them.
pub fn unpack(bytes: impl Read, options: &InputOptions, take: &mut TakeReader<'_>) {
    let input = Input::whole(bytes, options.now);
    let ended = container::unpack("input", input, &mut |name, input| {
        take(input.and_then(|input| RecordReader::new(name, input, options)))
    });
    assert_eq!(ended, ControlFlow::Continue(()));
}

/// Finds the addresses in a line of text.
pub fn scan(text: &[u8], spelling: Spelling) -> (Vec<Address>, Skipped) {
    let (mut found, mut skipped) = (Vec::new(), Skipped::default());
    scan::scan(text, spelling, &mut found, &mut skipped);
    (found, skipped)
}

/// The text in which addresses are looked for: without escapes, refanged.
pub fn plain(text: &[u8]) -> Vec<u8> {
    let unescaped: Cow<'_, [u8]> = escapes::unescaped(text);
    refang::refanged(&unescaped).into_owned()
}

/// Reads a time.
///
/// # Errors
///
/// If it is not a time (false), or one that is not believed (true).
pub fn time(text: &str, now: Timestamp, written: Timestamp) -> Result<Timestamp, bool> {
    let read = TimeRules { now, written }.read(text);
    read.map_err(|error| matches!(error, BadTime::BrokenClock(_)))
}

/// Finds the time in a line of a log.
///
/// # Errors
///
/// As [`time`].
pub fn time_in(line: &str, now: Timestamp, written: Timestamp) -> Result<Option<Timestamp>, bool> {
    let found = TimeRules { now, written }.find(line);
    found.map_err(|error| matches!(error, BadTime::BrokenClock(_)))
}
