//! `cargo xtask instructions`: how many instructions the hot paths take, compared with numbers in the repository.
//! Unlike times, these are nearly the same on every machine and under any load.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bench::{self, Data};
use crate::error::{Error, Result};

/// The expected numbers.
const NUMBERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.json");
/// By how many percent a path may deviate from its number.
const MARGIN: u64 = 15;
/// The number of addresses of the list, and of events of the log.
const SIZE: u64 = 20_000;

/// The paths, in the order in which they are counted.
const PATHS: [(&str, MeasuredInput, StoreKind); 4] = [
    ("annotate a list", MeasuredInput::List, StoreKind::None),
    ("annotate a log", MeasuredInput::Log, StoreKind::None),
    (
        "record a log into an empty SQLite file",
        MeasuredInput::Log,
        StoreKind::Empty,
    ),
    (
        "record it again, all fresh",
        MeasuredInput::Log,
        StoreKind::Kept,
    ),
];

#[derive(Clone, Copy)]
enum MeasuredInput {
    List,
    Log,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum StoreKind {
    None,
    Empty,
    Kept,
}

/// Counts, and compares with the expected numbers, or writes them.
///
/// # Errors
///
/// If the program cannot be built or run, or a path deviates too much.
pub fn run(folder: &Path, write: bool) -> Result<String> {
    match Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
    {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok("skipped: valgrind, which counts instructions, is not installed".to_owned());
        }
        Err(error) => return Err(Error::file("valgrind")(error)),
        Ok(_) => {}
    }
    let program = build()?;
    let data = Data::small(folder, SIZE)?;
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for (name, input, store) in PATHS {
        counted.insert(name.to_owned(), count(&program, &data, input, store)?);
    }
    if write {
        let text = serde_json::to_string_pretty(&counted).map_err(io::Error::from)?;
        fs::write(NUMBERS, text + "\n").map_err(Error::file(NUMBERS))?;
        return Ok(format!("{NUMBERS} written"));
    }
    let kept = fs::read_to_string(NUMBERS).map_err(Error::file(NUMBERS))?;
    let kept: BTreeMap<String, u64> = serde_json::from_str(&kept).map_err(io::Error::from)?;
    let mut lines = Vec::new();
    let mut is_off = false;
    for (name, count) in &counted {
        let Some(&number) = kept.get(name) else {
            lines.push(format!("{name}: {count}, and no number is kept"));
            is_off = true;
            continue;
        };
        let percent = count.saturating_mul(100) / number.max(1);
        let verdict = match percent {
            p if p > 100 + MARGIN => {
                "more than it may: make it cheaper, or say in the commit why not"
            }
            p if p < 100 - MARGIN => "less: write the new number down",
            _ => "as before",
        };
        is_off |= verdict != "as before";
        lines.push(format!(
            "{name}: {count} instructions, {percent} % of {number}, {verdict}"
        ));
    }
    let text = lines.join("\n");
    if is_off {
        return Err(Error::Request(format!(
            "{text}\n`cargo xtask instructions --write` writes the numbers"
        )));
    }
    Ok(text)
}

fn build() -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--locked", "--package", "ipcascade"])
        .args(["--no-default-features", "--features", "quickstart"])
        .status()
        .map_err(Error::file("cargo"))?;
    if !status.success() {
        return Err(Error::Request(format!(
            "the program was not built: {status}"
        )));
    }
    // This program is in a folder beside that of release builds.
    let own = env::current_exe().map_err(Error::file("xtask"))?;
    let target = own.ancestors().nth(2).unwrap_or_else(|| Path::new("."));
    let program = format!("ipcascade{}", env::consts::EXE_SUFFIX);
    Ok(target.join("release").join(program))
}

fn count(program: &Path, data: &Data, input: MeasuredInput, store: StoreKind) -> Result<u64> {
    let [asn, _] = data.mmdb()?;
    let database = data.path("instructions.db");
    if store == StoreKind::Empty {
        bench::files::remove(&database)?;
    }
    let mut command = Command::new("valgrind");
    // Neither the user's configuration nor the environment may change the count.
    let path = env::var_os("PATH").unwrap_or_default();
    command
        .env_clear()
        .env("PATH", path)
        .current_dir(data.path(""));
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command.arg(program).arg("--offline").arg("--mmdb").arg(asn);
    match store {
        StoreKind::None => command.args(["enrich", "--no-store", "--format", "ndjson"]),
        _ => command
            .arg("--db")
            .arg(format!("sqlite:///{}", database.display()))
            .args(["enrich", "--format", "json"]),
    };
    command.args(["--workers", "1"]).arg(match input {
        MeasuredInput::List => data.list(SIZE)?,
        MeasuredInput::Log => data.log(SIZE)?,
    });
    let shown = format!("{command:?}");
    let output = command.output().map_err(Error::file(&shown))?;
    let said = String::from_utf8_lossy(&output.stderr);
    // `==123== Collected : 1017200397`
    let collected = said.lines().find_map(|line| line.split_once("Collected :"));
    let count = collected.and_then(|(_, count)| count.trim().parse().ok());
    count
        .filter(|_| output.status.success())
        .ok_or_else(|| Error::Request(format!("{shown}: {}: {said}", output.status)))
}
