//! The limits as commands: each is measured in its own process, like the program.

use std::io::stdout;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::Subcommand;

use super::look_up::{self, Keep};
use super::statements::StatementWork;
use super::{load, one_address};
use crate::error::Result;
use crate::sql::{self, DatabaseKind};

/// A limit.
#[derive(Debug, Subcommand)]
pub enum Limit {
    /// Load the rows of an inventory into new tables of the same form, in one transaction and without triggers
    LimitSqliteLoad {
        /// The inventory
        from: PathBuf,
        /// The file to write
        to: PathBuf,
    },
    /// Load rows from files in PostgreSQL's binary form into empty tables, in one transaction
    LimitPostgresLoad {
        /// Where the files are, one for each table
        folder: PathBuf,
        /// The database with the tables
        url: String,
    },
    /// Let a database do by itself, in a few statements and one transaction, what the program does with it
    LimitStatements {
        /// What it does
        work: StatementWork,
        /// The database
        url: String,
    },
    /// Do what `enrich --no-store --format ndjson` does with a list of addresses in a plain loop, to standard output
    LimitLookUp {
        /// MMDB files in the layout of GeoLite2-ASN and GeoLite2-City
        #[arg(long = "mmdb", required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Cache the written fields by the position of the record, instead of decoding each again
        #[arg(long)]
        keep: bool,
        /// One address a line
        list: PathBuf,
    },
    /// Open an MMDB file, and print its record of one address
    LimitOneAddress {
        /// The file
        #[arg(long = "mmdb", value_name = "FILE")]
        file: PathBuf,
        /// The address
        address: IpAddr,
    },
}

impl Limit {
    /// Does the work.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or written, or a database fails.
    pub fn run(self) -> Result<String> {
        match self {
            Self::LimitSqliteLoad { from, to } => load::sqlite(&from, &to)?,
            Self::LimitPostgresLoad { folder, url } => load::postgres(&folder, &url)?,
            Self::LimitStatements { work, url } => {
                sql::execute(&url, &work.statements(DatabaseKind::of(&url)))?;
            }
            Self::LimitLookUp { files, keep, list } => {
                let keep = if keep { Keep::Written } else { Keep::Nothing };
                let lines = look_up::run(&files, &list, keep, stdout().lock())?;
                return Ok(format!("{lines} lines"));
            }
            Self::LimitOneAddress { file, address } => {
                one_address::run(&file, address, stdout().lock())?;
            }
        }
        Ok("done".to_owned())
    }
}
