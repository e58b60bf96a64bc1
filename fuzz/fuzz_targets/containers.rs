//! Compressed inputs and archives: wherever reads end, the same is unpacked.

#![no_main]

use std::io::Cursor;
use std::ops::ControlFlow;

use ipcascade_fuzz::{Pieces, options, records};
use ipcascade_input::fuzzing::unpack;
use ipcascade_input::{InputFormat, InputOptions, Tally};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [first, second, packed @ ..] = data else {
        return;
    };
    let options = InputOptions {
        format: Some(InputFormat::Text),
        ..options()
    };
    let unpacked = |bytes: &mut dyn std::io::Read| {
        let mut found = Vec::new();
        unpack(bytes, &options, &mut |reader| {
            found.push(records(reader, false));
            ControlFlow::Continue(())
        });
        found
    };
    let whole = unpacked(&mut Cursor::new(packed));
    let sizes = [usize::from(*first), usize::from(*second)];
    let pieces = unpacked(&mut Pieces::new(packed, sizes));
    // Of damaged data, as much is delivered as was unpacked at that time.
    let is_damaged = |found: &[(Vec<String>, Tally)]| {
        let mut all = found.iter().flat_map(|(records, _)| records);
        all.any(|record| record.starts_with("cannot read"))
    };
    assert_eq!(is_damaged(&pieces), is_damaged(&whole));
    assert!(
        pieces == whole || is_damaged(&whole),
        "{pieces:?}, in one piece {whole:?}"
    );
});
