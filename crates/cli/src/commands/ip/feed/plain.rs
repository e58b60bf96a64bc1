//! Addresses, one a line, and nothing else.

use std::io::{self, Write};

use ipcascade_core::address::AddressText;
use ipcascade_core::store::AddressSet;

/// Writes the feed.
pub(super) fn write(set: &AddressSet, out: &mut impl Write) -> io::Result<()> {
    for address in set.iter() {
        out.write_all(AddressText::new(address.ip()).as_str().as_bytes())?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
