//! Builds the targets.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use super::targets::folder;
use crate::error::{Error, Result};

/// What cargo-fuzz passes to the compiler: coverage is counted, and what is only there for targets is built. All of them
/// are stable flags. Without an address sanitizer, which needs a nightly compiler: next to nothing here is unsafe.
const FLAGS: [&str; 5] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
];
/// Mutations learn from comparisons. That takes time to build, and more than ten seconds to be of use.
const COMPARES: &str = "-Cllvm-args=-sanitizer-coverage-trace-compares";
/// Separates flags in the environment variable.
const SEPARATOR: &str = "\x1f";

/// Below this many seconds for each target, little is spent on making them fast.
const SMOKE: u64 = 60;

/// Builds the targets for runs of this length; returns the folder that they are in.
///
/// # Errors
///
/// If they cannot be built.
pub(super) fn build(targets: &[String], seconds: u64) -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let root = folder().join("..");
    let out = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let host = host()?;
    let mut flags = FLAGS.to_vec();
    let profile = if seconds < SMOKE {
        "smoke"
    } else {
        flags.push(COMPARES);
        "release"
    };
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--locked", "--profile", profile])
        .arg("--manifest-path")
        .arg(folder().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&out)
        // Otherwise the flags would be those of build scripts as well.
        .args(["--target", &host])
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join(SEPARATOR));
    for target in targets {
        command.args(["--bin", target]);
    }
    let status = command.status().map_err(Error::file("cargo"))?;
    if !status.success() {
        return Err(Error::Request(format!(
            "the targets were not built: {status}"
        )));
    }
    Ok(out.join(host).join(profile))
}

/// The platform that the compiler runs on.
fn host() -> Result<String> {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .map_err(Error::file("rustc"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or_else(|| Error::Request("`rustc -vV` names no host".to_owned()))?;
    Ok(host.to_owned())
}
