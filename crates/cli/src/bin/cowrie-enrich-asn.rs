//! The predecessor's name for `ipcascade backfill`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ipcascade::cowrie_enrich_asn()
}
