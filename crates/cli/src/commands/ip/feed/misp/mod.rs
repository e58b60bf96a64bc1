//! A MISP feed: a folder with `manifest.json`, `hashes.csv` and a file for each event ([MISP core format], [feeds]).
//!
//! An event has the addresses that were last seen on its day: events stay small and get older, as MISP expects.
//!
//! [MISP core format]: https://github.com/MISP/misp-rfc/blob/main/misp-core-format/raw.md
//! [feeds]: https://www.circl.lu/doc/misp/managing-feeds/

mod event;
mod event_file;
mod folder;

pub(super) use folder::Folder;
