//! `cargo xtask`: sample data, benchmark inputs, references.

use std::fs::{self, File};
use std::io::{BufWriter, Write, stderr, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use xtask::cowrie::{Spec, write_log};
use xtask::fuzz::FuzzOptions;
use xtask::limits::Limit;
use xtask::{
    Error, Result, bench, fuzz, instructions, mmdb, pages, quickstart, reference, structure,
};

/// Makes sample data, benchmark inputs and references; the same arguments produce the same bytes.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the sample into examples/quickstart
    Quickstart {
        /// Write it elsewhere
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Write a large Cowrie log
    CowrieLog {
        /// Lines
        #[arg(long, default_value_t = 1_000_000)]
        events: u64,
        /// Distinct source addresses, at most half of the events
        #[arg(long, default_value_t = 50_000)]
        addresses: u64,
        /// Another seed produces another log
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Compress the log
        #[arg(long)]
        gzip: bool,
        /// The file to write
        out: PathBuf,
    },
    /// Measure the program beside the limits of what it does (builds both in release mode)
    Bench(bench::BenchOptions),
    /// Run fuzz targets for a while each (builds them); fails if one finds a fault
    Fuzz(FuzzOptions),
    /// Count the instructions of the hot paths, and compare them with the numbers that are kept
    Instructions {
        /// Write the numbers instead
        #[arg(long)]
        write: bool,
        /// Where the data are kept from one run to the next
        #[arg(long, value_name = "DIR", default_value = "target/bench")]
        folder: PathBuf,
    },
    /// Links of the book that leave it, for mdBook, which runs this
    #[command(hide = true)]
    BookLinks {
        /// `supports`, with the name of a renderer
        question: Vec<String>,
    },
    /// List modules that need each other, files that are too long, broken tables and links; fails if there are any
    Structure,
    #[command(flatten)]
    Limit(Limit),
    /// Write the references, docs/reference
    Reference {
        /// Only compare: fail if a page is not current
        #[arg(long)]
        check: bool,
    },
    /// Write a large pair of MMDB files over the same invented networks
    Mmdb {
        /// Networks
        #[arg(long, default_value_t = 100_000)]
        networks: usize,
        /// Another seed produces other networks
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// File in the layout of GeoLite2-ASN
        out_asn: PathBuf,
        /// File in the layout of GeoLite2-City
        out_city: PathBuf,
    },
}

fn main() -> ExitCode {
    let mut notes = stderr().lock();
    let (text, code) = match run(Args::parse().command) {
        Ok(text) => (text, ExitCode::SUCCESS),
        Err(error) => (format!("error: {error}"), ExitCode::FAILURE),
    };
    if text.is_empty() {
        return code;
    }
    // If even this message cannot be written, nothing is left to do.
    writeln!(notes, "{text}").map_or(ExitCode::FAILURE, |()| code)
}

fn run(command: Command) -> Result<String> {
    match command {
        Command::Quickstart { out } => {
            let directory = out.unwrap_or_else(examples);
            let changed = quickstart::write(&directory)?;
            let changed = if changed.is_empty() {
                "nothing changed".to_owned()
            } else {
                changed.join(", ")
            };
            Ok(format!("{}: {changed}", directory.display()))
        }
        Command::CowrieLog {
            events,
            addresses,
            seed,
            gzip,
            out,
        } => cowrie_log(Spec::bulk(events, addresses, seed), gzip, &out),
        Command::Bench(options) => {
            if cfg!(debug_assertions) {
                bench::build_and_run(&options)?;
                return Ok(String::new());
            }
            let table = bench::run(&options)?;
            stdout().write_all(table.as_bytes())?;
            Ok(String::new())
        }
        Command::Fuzz(options) => {
            let table = fuzz::run(&options)?;
            stdout().write_all(table.as_bytes())?;
            Ok(String::new())
        }
        Command::BookLinks { question } => {
            pages::run(!question.is_empty(), stdin(), stdout())?;
            Ok(String::new())
        }
        Command::Instructions { write, folder } => instructions::run(&folder, write),
        Command::Structure => {
            structure::check()?;
            Ok(
                "no two modules need each other, no file is too long, and no table or link is broken"
                    .to_owned(),
            )
        }
        Command::Limit(limit) => limit.run(),
        Command::Reference { check } => reference::run(check),
        Command::Mmdb {
            networks,
            seed,
            out_asn,
            out_city,
        } => mmdb_pair(networks, seed, &out_asn, &out_city),
    }
}

fn mmdb_pair(networks: usize, seed: u64, out_asn: &Path, out_city: &Path) -> Result<String> {
    let pair = mmdb::synthetic(networks, seed)?;
    fs::write(out_asn, &pair.asn).map_err(Error::file(out_asn))?;
    fs::write(out_city, &pair.city).map_err(Error::file(out_city))?;
    let (asn, city) = (pair.asn.len(), pair.city.len());
    Ok(format!(
        "{networks} networks: {asn} bytes ASN, {city} bytes City"
    ))
}

fn cowrie_log(spec: Spec, gzip: bool, path: &Path) -> Result<String> {
    let file = File::create(path).map_err(Error::file(path))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let summary = if gzip {
        let mut encoder: GzEncoder<_> = GzBuilder::new().mtime(0).write(out, Compression::fast());
        let summary = write_log(&mut encoder, spec)?;
        encoder
            .finish()
            .and_then(|mut out| out.flush())
            .map_err(Error::file(path))?;
        summary
    } else {
        let summary = write_log(&mut out, spec)?;
        out.flush().map_err(Error::file(path))?;
        summary
    };
    Ok(format!(
        "{}: {} events, {} sessions, {} addresses, {} bytes uncompressed",
        path.display(),
        summary.events,
        summary.sessions,
        summary.addresses,
        summary.bytes
    ))
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/quickstart")
}
