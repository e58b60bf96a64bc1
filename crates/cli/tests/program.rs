//! Help, exit codes and streams of the built program.

use std::io::Read as _;
use std::process::Stdio;

use insta::assert_snapshot;
use ipcascade_testkit::program::Sandbox;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade");

#[test]
fn help_shows_what_the_program_can_do() {
    let run = Sandbox::new(PROGRAM).run(&["-h"]).expect(0);
    assert!(run.stderr.is_empty(), "{run:?}");
    assert_snapshot!(run.stdout);
}

#[test]
fn help_of_commands_is_stable() {
    let sandbox = Sandbox::new(PROGRAM);
    for command in ["asn list", "ip show", "verify", "migrate"] {
        let args: Vec<&str> = command.split(' ').chain(["-h"]).collect();
        let name = format!("help_{}", command.replace(' ', "_"));
        assert_snapshot!(name, sandbox.run(&args).expect(0).stdout);
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let run = Sandbox::new(PROGRAM).run(&["--version"]).expect(0);
    assert_eq!(
        run.stdout,
        concat!("ipcascade ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn wrong_usage_is_exit_code_2_and_says_so_on_standard_error() {
    let sandbox = Sandbox::new(PROGRAM);
    for args in [
        &["frobnicate"][..],
        &["asn", "show", "AS0"],
        &["asn", "list", "--format", "xml"],
        &["ip", "show", "1.2.3.4.5"],
        &["ip", "list", "--since", "soon"],
        &["verify", "--batch-size", "0"],
        &["--db", "mysql://host/db", "stats"],
        &["--db", "postgresql:host", "stats"],
    ] {
        let run = sandbox.run(args).expect(2);
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{run:?}");
    }
}

#[test]
fn a_store_that_is_not_there_is_exit_code_3() {
    let run = Sandbox::new(PROGRAM)
        .run(&["--db", "none.db", "asn", "list"])
        .expect(3);
    assert_snapshot!(run.stderr, @"
    error: cannot open the inventory in none.db: there is no such file
      hint: make one with `ipcascade enrich`, or name another with --db URL
    ");
}

#[test]
fn a_mistyped_name_does_not_become_an_empty_inventory() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("empty.db", "");
    let commands = [
        &["verify"][..],
        &["verify", "--repair"],
        &["verify", "--repair", "--dry-run"],
        &["backfill"],
        &["backfill", "--dry-run"],
        &["refresh"],
        &["refresh", "--dry-run"],
        &["stats"],
        &["copy", "--to", "target.db"],
    ];
    for command in commands {
        for (name, problem) in [
            ("none.db", "there is no such file"),
            ("empty.db", "none of an inventory's tables"),
        ] {
            let args: Vec<&str> = match command[0] {
                "copy" => [command, &["--from", name]].concat(),
                _ => [&["--db", name], command].concat(),
            };
            let run = sandbox.run(&args).expect(3);
            assert!(run.stderr.contains(problem), "{args:?}: {run:?}");
        }
    }
    for made in ["none.db", "target.db"] {
        assert!(!sandbox.path(made).exists(), "{made}");
    }
    let left = std::fs::metadata(sandbox.path("empty.db")).unwrap();
    assert_eq!(left.len(), 0, "nothing was written into it");
}

#[test]
fn completions_are_made_for_every_shell() {
    let sandbox = Sandbox::new(PROGRAM);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = sandbox.run(&["completions", shell]).expect(0);
        assert!(run.stdout.contains("ipcascade"), "{shell}");
        assert!(run.stdout.contains("backfill"), "{shell}");
    }
}

#[test]
fn completions_work_whatever_the_configuration_is() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("ipcascade.toml", "this is no TOML");
    sandbox.run(&["completions", "bash"]).expect(0);
    sandbox.run(&["stats"]).expect(2);
}

#[test]
fn a_reader_that_leaves_is_not_an_error() {
    let sandbox = Sandbox::new(PROGRAM);
    for args in [
        &["completions", "bash"][..],
        &["config", "init", "--stdout"],
        &["--help"],
    ] {
        let mut child = sandbox
            .command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        let status = child.wait().unwrap();
        assert!(
            status.success() && stderr.is_empty(),
            "{args:?}: {status} {stderr}"
        );
    }
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full");
    let Ok(full) = full else { return };
    let sandbox = Sandbox::new(PROGRAM);
    let output = sandbox
        .command(&["config", "init", "--stdout"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("cannot write the output"), "{stderr}");
}

#[test]
fn colour_is_for_terminals_and_those_who_ask_for_it() {
    let sandbox = Sandbox::new(PROGRAM);
    let escape = '\u{1b}';
    let plain = sandbox.run(&["providers"]).expect(0);
    assert!(!plain.stdout.contains(escape), "{plain:?}");
    let forced = sandbox.run(&["--color", "always", "providers"]).expect(0);
    assert!(forced.stdout.contains(escape), "{forced:?}");
    let variables = [("NO_COLOR", "1")];
    let error = sandbox
        .run_with(&variables, &["--db", "none.db", "stats"])
        .expect(3);
    assert!(!error.stderr.contains(escape), "{error:?}");
}

#[test]
fn quiet_leaves_errors_only() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.run(&["-q", "config", "path"]).expect(0);
    assert_eq!(sandbox.run(&["-q", "config", "path"]).stderr, "");
    let run = sandbox.run(&["-q", "--db", "none.db", "stats"]).expect(3);
    assert!(run.stderr.starts_with("error: "), "{run:?}");
}
