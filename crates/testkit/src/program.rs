//! A built program in its own folder, apart from the user's configuration and data.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The current time in every run.
pub const NOW: &str = "2026-03-10T12:00:00Z";

/// A folder that is home and working directory of the program.
#[derive(Debug)]
pub struct Sandbox {
    program: PathBuf,
    folder: TempDir,
}

impl Sandbox {
    /// An empty folder for `program`, in tests `env!("CARGO_BIN_EXE_…")`.
    ///
    /// # Panics
    ///
    /// If no temporary folder can be created.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The program, not yet started.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("IPCASCADE_NOW", NOW)
            .stdin(Stdio::null());
        command
    }

    /// Runs the program.
    pub fn run(&self, args: &[&str]) -> Run {
        Run::of(self.command(args).output().unwrap(), self.folder.path())
    }

    /// Runs the program with a file of the folder as its standard input.
    pub fn run_on(&self, name: &str, args: &[&str]) -> Run {
        let stdin = std::fs::File::open(self.path(name)).unwrap();
        let output = self.command(args).stdin(stdin).output().unwrap();
        Run::of(output, self.folder.path())
    }

    /// Runs the program with environment variables.
    pub fn run_with(&self, variables: &[(&str, &str)], args: &[&str]) -> Run {
        let variables = variables.iter().copied();
        let output = self.command(args).envs(variables).output().unwrap();
        Run::of(output, self.folder.path())
    }
}

/// The result of a run, without the sandbox's own path.
#[derive(Debug)]
pub struct Run {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    fn of(output: Output, folder: &Path) -> Self {
        let folder = folder.display().to_string();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).replace(&folder, "HOME");
        let run = Self {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        run.assert_errors_fit_the_code();
        run
    }

    /// Whatever makes the exit code 1, 2 or 3 is printed as an error, and nothing else is.
    fn assert_errors_fit_the_code(&self) {
        let has_errors = self.stderr.lines().any(|line| line.starts_with("error: "));
        match self.code {
            0 => assert!(!has_errors, "an error without a code: {self:#?}"),
            1..=3 => assert!(has_errors, "a code without an error: {self:#?}"),
            _ => {}
        }
    }

    /// Fails the test unless the run exited with `code`.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}
