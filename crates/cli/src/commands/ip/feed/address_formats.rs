//! The formats that need nothing but addresses.

use std::io::{self, Write};

use ipcascade_core::store::AddressSet;

use crate::commands::ip::feed::args::FeedFormat;
use crate::commands::ip::feed::name::FeedName;
use crate::commands::ip::feed::{cidr, ipset, nft, pf, plain};

/// A format that needs nothing but addresses.
#[derive(Clone, Debug)]
pub(super) enum AddressFormat {
    Plain,
    Cidr,
    Nft { table: FeedName, name: FeedName },
    Ipset { name: FeedName },
    Pf,
}

impl AddressFormat {
    /// The format, if it needs nothing else; `name` and `table` if they are not the usual ones.
    pub(super) fn of(
        format: FeedFormat,
        name: Option<&FeedName>,
        table: Option<&FeedName>,
    ) -> Option<Self> {
        let named = |name: Option<&FeedName>| name.cloned().unwrap_or_default();
        match format {
            FeedFormat::Plain => Some(Self::Plain),
            FeedFormat::Cidr => Some(Self::Cidr),
            FeedFormat::Nft => Some(Self::Nft {
                table: named(table),
                name: named(name),
            }),
            FeedFormat::Ipset => Some(Self::Ipset { name: named(name) }),
            FeedFormat::Pf => Some(Self::Pf),
            FeedFormat::Stix | FeedFormat::Misp => None,
        }
    }

    /// Writes the feed.
    pub(super) fn write(&self, set: &AddressSet, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Plain => plain::write(set, out),
            Self::Cidr => cidr::write(set, out),
            Self::Nft { table, name } => nft::write(set, table, name, out),
            Self::Ipset { name } => ipset::write(set, name, out),
            Self::Pf => pf::write(set, out),
        }
    }
}
