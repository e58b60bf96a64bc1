//! A sandbox with something to enrich, and ways to make the ground of a run hostile.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Output, Stdio};

use ipcascade_testkit::program::{Run, Sandbox};
use ipcascade_tests::inventories::{Inputs, LogSpec, Snapshot, Timeless};

/// A sandbox with databases to ask, and a log.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
}

impl World {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_ipcascade-under-test"));
        let inputs = Inputs(&sandbox);
        inputs.asn_file("asn.mmdb", 0);
        inputs.city_file("city.mmdb");
        let spec = LogSpec {
            events: 3_200,
            addresses: 1_500,
            offset: 0,
            number: 1,
        };
        inputs.log("cowrie.json", spec);
        Self { sandbox }
    }

    /// The arguments of a command that enriches the log.
    pub(crate) fn enrich<'a>(&self, url: &'a str) -> Vec<&'a str> {
        let mut args = vec!["--db", url, "--offline", "--mmdb", "asn.mmdb"];
        args.extend(["--mmdb", "city.mmdb", "enrich", "cowrie.json"]);
        args
    }

    /// The arguments of another command with the same databases to ask.
    pub(crate) fn with<'a>(&self, url: &'a str, command: &[&'a str]) -> Vec<&'a str> {
        let mut args = self.enrich(url);
        args.truncate(args.len() - 2);
        args.extend(command);
        args
    }

    /// Enriches the log, undisturbed.
    pub(crate) fn filled(&self, url: &str) -> Snapshot {
        self.sandbox.run(&self.enrich(url)).expect(0);
        self.verified(url)
    }

    /// What an undisturbed run makes of the log.
    pub(crate) fn undisturbed(&self) -> Snapshot {
        self.filled("sqlite://undisturbed.db")
    }

    /// What the inventory holds, of which `verify` finds everything right.
    #[track_caller]
    pub(crate) fn verified(&self, url: &str) -> Snapshot {
        self.sandbox.run(&["--db", url, "verify"]).expect(0);
        Snapshot::of(&self.sandbox, url, Timeless::No)
    }

    /// The program, started by a shell after `before`, such as `ulimit -n 20`.
    pub(crate) fn after(&self, before: &str, args: &[&str]) -> Command {
        let program = self.sandbox.command(args);
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("{before}\nexec \"$@\""))
            .arg("sh");
        command.arg(program.get_program()).args(program.get_args());
        command.env_clear().stdin(Stdio::null());
        for (name, value) in program.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        // What the shell calls.
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.current_dir(program.get_current_dir().unwrap());
        command
    }
}

/// Runs a command to its end.
pub(crate) fn ended(command: &mut Command) -> Run {
    let output = command.stdin(Stdio::null()).output().unwrap();
    run_of(&output, &output.stderr)
}

fn run_of(output: &Output, stderr: &[u8]) -> Run {
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(stderr).into_owned(),
    }
}

/// A run that is under way, of which standard error is read.
pub(crate) struct Running {
    pub(crate) child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    said: String,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self {
            child,
            stderr,
            said: String::new(),
        }
    }

    /// Reads until a line holds `text`, and returns it.
    #[track_caller]
    pub(crate) fn until(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.stderr.read_line(&mut line).unwrap();
            assert!(read > 0, "it ends without `{text}`: {}", self.said);
            self.said.push_str(&line);
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Run {
        let mut rest = Vec::new();
        self.stderr.read_to_end(&mut rest).unwrap();
        let output = self.child.wait_with_output().unwrap();
        self.said.push_str(&String::from_utf8_lossy(&rest));
        run_of(&output, self.said.as_bytes())
    }
}

/// Sends a signal.
pub(crate) fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([name, &id]).status();
    assert!(sent.unwrap().success());
}
