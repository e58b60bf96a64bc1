//! `config init` writes a file to start from, `config check` opens and asks everything that is configured.

use ipcascade_testkit::program::Sandbox;

use crate::PROGRAM;

#[test]
fn a_file_is_written_where_the_program_looks_for_it() {
    let sandbox = Sandbox::new(PROGRAM);
    let run = sandbox.run(&["config", "init"]).expect(0);
    assert!(run.stdout.is_empty(), "{run:?}");
    assert!(run.stderr.starts_with("wrote ipcascade.toml"), "{run:?}");
    let path = sandbox.run(&["config", "path"]).expect(0);
    assert_eq!(path.stdout, "ipcascade.toml\n");
    sandbox
        .run(&["--config", "b.toml", "config", "init"])
        .expect(0);
    let variables = [("IPCASCADE_CONFIG", "c.toml")];
    sandbox.run_with(&variables, &["config", "init"]).expect(0);
    sandbox.run(&["config", "init", "--user"]).expect(0);
    for made in ["b.toml", "c.toml", ".config/ipcascade/ipcascade.toml"] {
        let text = std::fs::read_to_string(sandbox.path(made)).unwrap();
        assert!(text.contains("[store]"), "{made}");
    }
}

#[test]
fn a_file_that_is_there_stays_without_force() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("ipcascade.toml", "offline = true\n");
    let run = sandbox.run(&["config", "init"]).expect(2);
    assert!(
        run.stderr
            .contains("cannot write ipcascade.toml: there is a file already"),
        "{run:?}"
    );
    assert!(run.stderr.contains("--force"), "{run:?}");
    let read = || std::fs::read_to_string(sandbox.path("ipcascade.toml")).unwrap();
    assert_eq!(read(), "offline = true\n");
    sandbox.run(&["config", "init", "--force"]).expect(0);
    assert!(read().contains("[store]"));
    for prints in [&["--stdout"][..], &["--output", "-"]] {
        let run = sandbox.run(&[&["config", "init"], prints].concat());
        assert_eq!(run.expect(0).stdout, read());
    }
}

#[test]
#[cfg(unix)]
fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new(PROGRAM);
    let file = sandbox.write("ipcascade.toml", "");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    sandbox.run(&["config", "init", "--force"]).expect(0);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
#[cfg(all(feature = "provider-maxmind", feature = "store-sqlite"))]
fn options_become_values_of_the_file() {
    let sandbox = Sandbox::new(PROGRAM);
    let args = ["--db", "sqlite://here.db", "--mmdb", "none.mmdb"];
    sandbox
        .run(&[&args[..], &["config", "init"]].concat())
        .expect(0);
    let shown = sandbox.run(&["config", "show"]).expect(0).stdout;
    assert!(shown.contains("sqlite:///HOME/here.db"), "{shown}");
    assert!(shown.contains("HOME/none.mmdb"), "{shown}");
    let run = sandbox.run(&["--db", "postgresql:x", "config", "init", "--force"]);
    run.expect(2);
}

#[test]
#[cfg(all(feature = "provider-maxmind", feature = "store-sqlite"))]
fn everything_is_opened_and_reported_on_a_line() {
    let sandbox = Sandbox::new(PROGRAM);
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/quickstart");
    let mmdb = format!("{sample}/sample-asn.mmdb");
    let config = format!("[store]\nurl = \"a.db\"\n[providers.maxmind]\nfiles = [\"{mmdb}\"]\n");
    sandbox.write("ipcascade.toml", &config);
    let check = || sandbox.run(&["config", "check"]);
    let run = check().expect(0);
    for line in [
        "ok      file: ipcascade.toml",
        "ok      store: sqlite://a.db is not there yet; `ipcascade enrich` makes it",
        "sample-asn.mmdb",
        "the configuration is sound; the cascade is maxmind",
    ] {
        assert!(run.stdout.contains(line), "{line}: {run:?}");
    }
    assert!(!sandbox.path("a.db").exists());
    sandbox.run(&["enrich", "9.9.9.9"]).expect(0);
    let run = check().expect(0);
    assert!(
        run.stdout
            .contains("ok      store: sqlite://a.db, with an inventory"),
        "{run:?}"
    );
    let quiet = sandbox.run(&["-q", "config", "check"]).expect(0);
    assert!(
        quiet.stdout.is_empty() && quiet.stderr.is_empty(),
        "{quiet:?}"
    );
    sandbox.write("a.db", "this is no database");
    let run = check().expect(2);
    assert!(run.stderr.contains("a.db"), "{run:?}");
    assert!(!run.stdout.contains("is sound"), "{run:?}");
    sandbox.write("ipcascade.toml", &config.replace("a.db", "no/such/a.db"));
    let run = check().expect(2);
    assert!(run.stderr.contains("its folder is not there"), "{run:?}");
    sandbox.write(
        "ipcascade.toml",
        "[providers.maxmind]\nfiles = [\"no.mmdb\"]",
    );
    let run = check().expect(2);
    assert!(run.stderr.contains("no.mmdb"), "{run:?}");
    assert!(run.stderr.contains("hint: "), "{run:?}");
}

#[test]
#[cfg(feature = "store-postgres")]
fn a_server_that_is_not_there_is_reported() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgresql://me@{}/d", listener.local_addr().unwrap());
    drop(listener);
    let run = Sandbox::new(PROGRAM).run(&["--db", &url, "config", "check"]);
    let run = run.expect(2);
    assert!(run.stderr.contains("error: cannot "), "{run:?}");
    assert!(!run.stdout.contains("is sound"), "{run:?}");
}

#[test]
#[cfg(unix)]
fn a_configuration_may_come_from_a_pipe() {
    use std::io::Write as _;
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write(
        "secret.toml",
        "[store]\nurl = \"sqlite://a.db\"\n[input]\nexclude = [\"own.txt\"]\n",
    );
    sandbox.write("own.txt", "192.0.2.1\n");
    for name in ["/dev/stdin", "/dev/fd/0"] {
        let mut command = sandbox.command(&["--config", name, "config", "show"]);
        let mut child = command
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let text = std::fs::read(sandbox.path("secret.toml")).unwrap();
        child.stdin.take().unwrap().write_all(&text).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(shown.contains("sqlite://a.db"), "{shown}");
    }
    // Paths in it are relative to the working directory.
    let run = sandbox.run_on(
        "secret.toml",
        &["--config", "/dev/stdin", "config", "check"],
    );
    run.expect(0);
    let run = sandbox.run(&["--config", "/dev/zero", "config", "show"]);
    assert!(run.expect(2).stderr.contains("larger than 16 MiB"));
    sandbox
        .run(&["--config", "/dev/null", "config", "show"])
        .expect(0);
    let run = sandbox
        .run(&["--config", "no.toml", "config", "show"])
        .expect(2);
    assert!(
        run.stderr
            .contains("there is no configuration file `no.toml`"),
        "{run:?}"
    );
}
