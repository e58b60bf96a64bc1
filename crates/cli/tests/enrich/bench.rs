//! A separate folder for each test, and the program run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// The quick start's folder.
pub(crate) fn sample(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/quickstart");
    folder
        .join(name)
        .canonicalize()
        .unwrap()
        .display()
        .to_string()
}

/// A run of the program.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }

    /// Standard output as lines of JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.stdout.lines().map(parse).collect()
    }
}

/// A folder in which the program runs, isolated from the user's files.
pub(crate) struct Bench(TempDir);

impl Bench {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), content).unwrap();
        name.to_owned()
    }

    /// The program with these arguments, offline, with the sample's MMDB files and a store of its own.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        Command::from_std(self.program(arguments))
    }

    /// The same, for communicating with it while it runs.
    pub(crate) fn program(&self, arguments: &[&str]) -> process::Command {
        let mut command = process::Command::new(env!("CARGO_BIN_EXE_ipcascade"));
        command
            .current_dir(self.0.path())
            .env_clear()
            .env("HOME", self.0.path())
            .args(["--offline", "--db", "sqlite://test.db"])
            .args([
                "--mmdb",
                &sample("sample-asn.mmdb"),
                "--mmdb",
                &sample("sample-city.mmdb"),
            ])
            .args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.finish(&mut self.command(arguments))
    }

    pub(crate) fn run_on(&self, arguments: &[&str], stdin: impl AsRef<[u8]>) -> Ran {
        self.finish(self.command(arguments).write_stdin(stdin.as_ref()))
    }

    fn finish(&self, command: &mut Command) -> Ran {
        let output = command.output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// `enrich` with its summary as JSON.
    pub(crate) fn enrich(&self, inputs: &[&str]) -> Value {
        let mut arguments = vec!["enrich", "--format", "json"];
        arguments.extend(inputs);
        self.run(&arguments).json()
    }

    /// The whole inventory, except times of look-ups.
    pub(crate) fn inventory(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        for export in [
            &["asn", "export", "--with-sources"][..],
            &["ip", "export", "--with-sources"],
            &["session", "export"],
        ] {
            rows.extend(self.run(export).lines());
        }
        rows
    }

    pub(crate) fn assert_verified(&self) {
        let verified = self.run(&["verify"]);
        assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
    }
}
