//! The file of a table of pf: prefixes and addresses, one a line, with `#` comments ([pf.conf(5)], [pfctl(8)]).
//!
//! [pf.conf(5)]: https://man.openbsd.org/pf.conf#TABLES
//! [pfctl(8)]: https://man.openbsd.org/pfctl

use std::io::{self, Write};

use ipcascade_core::store::AddressSet;

use crate::commands::ip::feed::prefixes;

/// Writes the feed.
pub(super) fn write(set: &AddressSet, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "# ipcascade: {} addresses", set.len())?;
    for prefix in prefixes::ipv4(set).chain(prefixes::ipv6(set)) {
        prefixes::write_short(prefix, out)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
