//! `cargo xtask bench`: what the program takes, next to a limit that does the same work with nothing around it, in
//! alternation within one run: machines are noisy, and only ratios of adjacent runs mean anything.

use std::env;
use std::io::{Write as _, stderr};
use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use super::row::{Bench, BenchRow};
use super::{rows, table};
use crate::bench::data::Data;
use crate::error::{Error, Result};

/// What to measure.
#[derive(Args, Clone, Debug)]
pub struct BenchOptions {
    /// The rows, by name (default: all but the large ones)
    pub rows: Vec<String>,
    /// The large rows too, which take minutes
    #[arg(long, conflicts_with = "rows")]
    pub all: bool,
    /// A tenth of the size: a first look in less than three minutes, once all is built
    #[arg(long)]
    pub quick: bool,
    /// How often each command runs
    #[arg(long, default_value_t = 3)]
    pub times: usize,
    /// Where the data are kept from one run to the next
    #[arg(long, value_name = "DIR", default_value = "target/bench")]
    pub folder: PathBuf,
    /// Generate the data, and measure nothing
    #[arg(long)]
    pub only_data: bool,
}

/// Builds the programs in release mode, and continues in the one that was built.
///
/// # Errors
///
/// If something cannot be built or started.
pub fn build_and_run(options: &BenchOptions) -> Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(&cargo);
    build.args([
        "build",
        "--release",
        "--package",
        "ipcascade",
        "--package",
        "xtask",
    ]);
    succeed(&mut build)?;
    let mut run = Command::new(&cargo);
    run.args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "xtask",
        "--",
        "bench",
    ]);
    run.args(options.only_data.then_some("--only-data"));
    run.arg("--times").arg(options.times.to_string());
    succeed(options.pass_on(&mut run))
}

impl BenchOptions {
    /// Passes the options on to another process.
    fn pass_on<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.args(self.quick.then_some("--quick"));
        command.args(self.all.then_some("--all"));
        command.arg("--folder").arg(&self.folder).args(&self.rows)
    }

    fn wants(&self, row: &BenchRow) -> bool {
        match self.rows.is_empty() {
            true => self.all || !row.is_large(),
            false => self.rows.iter().any(|name| name == row.name),
        }
    }
}

fn succeed(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}");
    let status = command.status().map_err(Error::file(&shown))?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::Request(format!("{shown}: {status}")))
    }
}

/// Measures the rows, and returns a table of them.
///
/// # Errors
///
/// If a row does not exist, the data cannot be written, or a command fails.
pub fn run(options: &BenchOptions) -> Result<String> {
    let is_unknown = |name: &&String| rows::all().all(|row| row.name != **name);
    if let Some(unknown) = options.rows.iter().find(is_unknown) {
        let names: Vec<&str> = rows::all().map(|row| row.name).collect();
        return Err(Error::Request(format!(
            "no row is called `{unknown}`; there are {}",
            names.join(", ")
        )));
    }
    let wanted: Vec<&BenchRow> = rows::all().filter(|row| options.wants(row)).collect();
    let data = Data::new(&options.folder, options.quick)?;
    if options.only_data {
        for input in wanted.iter().flat_map(|row| row.inputs()) {
            data.make(input)?;
        }
        return Ok(String::new());
    }
    // Not in this process: its own peak memory counts as that of the processes it starts.
    let own = env::current_exe().map_err(Error::file("xtask"))?;
    let mut make = Command::new(own);
    make.args(["bench", "--only-data"]);
    succeed(options.pass_on(&mut make))?;
    let bench = Bench::new(data);
    let mut lines = Vec::new();
    for row in wanted {
        if row.can_run(&bench) {
            lines.push(row.measure(&bench, options.times)?);
        } else {
            writeln!(
                stderr(),
                "SKIPPED: `{}`, since PostgreSQL is not installed",
                row.name
            )?;
        }
    }
    let scale = match options.quick {
        true => "A tenth of the sizes that are named:\n\n",
        false => "",
    };
    Ok(format!("{scale}{}", table::render(&lines)))
}
