//! Prefixes, one a line, each with its length: all lines have one form.

use std::io::{self, Write};

use ipcascade_core::store::AddressSet;

use crate::commands::ip::feed::prefixes;

/// Writes the feed.
pub(super) fn write(set: &AddressSet, out: &mut impl Write) -> io::Result<()> {
    for prefix in prefixes::ipv4(set).chain(prefixes::ipv6(set)) {
        prefixes::write_whole(prefix, out)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
