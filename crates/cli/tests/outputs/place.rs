//! The program among the inputs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ipcascade_testkit::program::{Run, Sandbox};

const INPUTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/outputs/inputs");
/// The folder with the databases of the quick start.
const QUICK_START: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/quickstart");

/// A folder with copies of the inputs, an offline configuration, and a fixed current time.
pub(crate) struct Place(Sandbox);

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(Sandbox::new(env!("CARGO_BIN_EXE_ipcascade")));
        let inputs = fs::read_dir(INPUTS).unwrap();
        let inputs = inputs.map(|entry| entry.unwrap().path());
        let databases = ["sample-asn.mmdb", "sample-city.mmdb"];
        let databases = databases.map(|name| Path::new(QUICK_START).join(name));
        for file in inputs.chain(databases) {
            let name = file.file_name().unwrap().to_str().unwrap();
            fs::copy(&file, place.path(name)).unwrap();
        }
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs the program, offline.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        self.0.run(&[&["--offline"], args].concat())
    }

    /// The program, offline, not yet started.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.0.command(&[&["--offline"], args].concat())
    }

    /// Runs it with a file as its standard input.
    pub(crate) fn run_on(&self, file: &str, args: &[&str]) -> Run {
        self.0.run_on(file, &[&["--offline"], args].concat())
    }
}
