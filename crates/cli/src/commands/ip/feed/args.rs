//! The options of a feed.

use clap::{Args, ValueEnum};

use crate::commands::ip::feed::name::FeedName;
use crate::output_file::FileArgs;
use crate::report::CliError;

/// The format of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FeedFormat {
    /// One address a line
    Plain,
    /// The fewest prefixes that contain these addresses and no other, one a line
    Cidr,
    /// Two sets of nftables, for `nft -f`
    Nft,
    /// Two sets of ipset, for `ipset restore`
    Ipset,
    /// A table of pf, for `pfctl -T replace -f`
    Pf,
    /// A STIX 2.1 bundle with an indicator for each address
    Stix,
    /// A MISP feed with an event for each day, in the folder that --output names
    Misp,
}

impl FeedFormat {
    /// The word for it on the command line.
    fn word(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// A feed instead of records.
#[derive(Debug, Args)]
#[command(next_help_heading = "Feeds")]
pub(crate) struct FeedArgs {
    /// Write a feed, for a firewall or a threat intelligence platform, instead of records: distinct addresses in order,
    /// without bogons (addresses that are not globally reachable)
    #[arg(
        long,
        value_name = "FORMAT",
        conflicts_with_all = ["format", "limit", "after", "sort", "columns", "sources", "sections"]
    )]
    pub(super) feed: Option<FeedFormat>,
    /// Leave out this address, prefix or range, or those in this file, one a line (`-`: standard input). Repeatable; adds
    /// to `exclude` in the table [input] of the configuration
    #[arg(long, value_name = "PREFIX|FILE", requires = "feed")]
    pub(super) exclude: Vec<String>,
    /// Keep bogons: private, loopback, documentation and other addresses that are not globally reachable
    #[arg(long, requires = "feed")]
    pub(super) with_bogons: bool,
    /// Exit with 1 instead of writing a feed without addresses
    #[arg(long, requires = "feed")]
    pub(super) fail_if_empty: bool,
    /// With `nft`, `ipset` and `misp`: the name of sets (`NAME_v4`, `NAME_v6`) and of events [default: ipcascade]
    #[arg(long, alias = "set-name", value_name = "NAME", requires = "feed")]
    pub(super) feed_name: Option<FeedName>,
    /// With `nft`: the table that has the sets [default: ipcascade]
    #[arg(long, value_name = "NAME", requires = "feed")]
    pub(super) nft_table: Option<FeedName>,
    /// With `stix` and `misp`: the publisher of the feed, from which all identifiers are derived [default: ipcascade]
    #[arg(long, value_name = "NAME", requires = "feed")]
    pub(super) organization: Option<String>,
}

impl FeedArgs {
    /// Whether a feed is asked for.
    pub(crate) const fn is_asked_for(&self) -> bool {
        self.feed.is_some()
    }

    /// Whether the feed is a folder.
    pub(crate) const fn is_folder(&self) -> bool {
        matches!(self.feed, Some(FeedFormat::Misp))
    }

    /// Refuses options that the format has no use for.
    pub(super) fn check(&self, format: FeedFormat, file: &FileArgs) -> Result<(), CliError> {
        use FeedFormat::{Ipset, Misp, Nft, Stix};
        let needs: [(&str, bool, &[FeedFormat]); 3] = [
            ("feed-name", self.feed_name.is_some(), &[Nft, Ipset, Misp]),
            ("nft-table", self.nft_table.is_some(), &[Nft]),
            ("organization", self.organization.is_some(), &[Stix, Misp]),
        ];
        for (option, is_given, formats) in needs {
            if is_given && !formats.contains(&format) {
                let words: Vec<String> = formats.iter().map(|format| format.word()).collect();
                return Err(CliError::usage(format!(
                    "--{option} is for `--feed {}`",
                    words.join("`, `")
                )));
            }
        }
        if format == Misp && file.path().is_none() {
            let text = "`--feed misp` writes a folder, and not to standard output";
            return Err(CliError::usage(text).hint("name it with --output FOLDER"));
        }
        if let Some(table) = self
            .nft_table
            .as_ref()
            .filter(|table| table.is_reserved_by_nft())
        {
            let text = format!(
                "--nft-table: `{table}` is a word of nftables, and not the name of a table"
            );
            return Err(CliError::usage(text));
        }
        let is_blank = |name: &String| name.trim().is_empty();
        if self.organization.as_ref().is_some_and(is_blank) {
            return Err(CliError::usage("--organization is empty"));
        }
        Ok(())
    }

    /// Who publishes it.
    pub(super) fn publisher(&self) -> &str {
        self.organization.as_deref().unwrap_or("ipcascade").trim()
    }
}
