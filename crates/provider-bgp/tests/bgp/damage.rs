//! Damaged files.

use ipcascade_provider_bgp::build;
use proptest::prelude::*;

use crate::dump::{Dump, Segment, path};
use crate::files::{Folder, settings};

/// One file of each kind.
fn dumps() -> [Vec<u8>; 2] {
    let set = vec![Segment::Sequence(vec![1, 2]), Segment::Set(vec![10, 11])];
    let new = Dump::new(3)
        .rib("1.0.0.0/24", &[(0, path(&[1, 10])), (1, set)])
        .add_path("1.0.1.0/24", &[(0, path(&[10])), (2, path(&[10]))])
        .multicast("1.0.2.0/24", &[(0, path(&[10]))])
        .rib("2001:200::/32", &[(0, path(&[2500]))]);
    let old = Dump::empty()
        .old(
            "1.0.0.0/24",
            1,
            &path(&[1, 23456]),
            Some(&path(&[1, 200_000])),
        )
        .old("2001:200::/32", 1, &path(&[2500]), None);
    [new.bytes(), old.bytes()]
}

proptest! {
    /// No file may crash the program.
    #[test]
    fn a_damaged_file_is_read_or_refused(
        which in 0_usize..2,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        end in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = dumps()[which].clone();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if is_cut {
            bytes.truncate(end.index(bytes.len()));
        }
        let folder = Folder::new();
        let file = folder.write("damaged", bytes);
        if let Err(error) = build(&settings(&[&file], "")) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
