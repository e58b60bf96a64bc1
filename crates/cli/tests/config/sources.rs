//! Where values come from: files, the environment, flags; keys of earlier versions.

use insta::assert_snapshot;
use ipcascade_testkit::program::Sandbox;

use crate::PROGRAM;

#[test]
fn variables_that_are_not_understood_are_refused() {
    let sandbox = Sandbox::new(PROGRAM);
    for (name, value) in [
        ("IPCASCADE_LOG", "garbage"),
        ("IPCASCADE_LOG", "info,sqlx=bar"),
        ("PGSSLMODE", "verify_full"),
        ("PGPORT", "543x"),
    ] {
        let run = sandbox
            .run_with(&[(name, value)], &["--db", "postgresql://h/d", "stats"])
            .expect(2);
        assert!(run.stderr.contains(name), "{name}={value}: {run:?}");
    }
}

#[test]
fn an_environment_variable_is_named_by_its_own_name() {
    let sandbox = Sandbox::new(PROGRAM);
    let variables = [("IPCASCADE_CASCADE__STEPS", "7")];
    let run = sandbox.run_with(&variables, &["config", "check"]).expect(2);
    assert!(
        run.stderr.contains("`cascade.steps` is 7") || run.stderr.contains("`cascade.steps`"),
        "{run:?}"
    );
    assert!(
        run.stderr
            .contains("the environment variable IPCASCADE_CASCADE__STEPS"),
        "{run:?}"
    );
}

#[test]
fn a_configuration_file_that_is_named_must_be_there() {
    let run = Sandbox::new(PROGRAM)
        .run(&["--config", "none.toml", "stats"])
        .expect(2);
    assert!(
        run.stderr
            .contains("there is no configuration file `none.toml`"),
        "{run:?}"
    );
}

#[test]
fn flags_go_before_the_environment_and_the_environment_before_the_file() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("ipcascade.toml", "[store]\nurl = \"sqlite://file.db\"\n");
    let source = |variables: &[(&str, &str)], args: &[&str]| {
        let args = [args, &["config", "show"]].concat();
        sandbox.run_with(variables, &args).expect(0).stdout
    };
    let environment = [("IPCASCADE_STORE__URL", "sqlite://environment.db")];
    assert!(source(&[], &[]).contains("sqlite://file.db"));
    let shown = source(&environment, &[]);
    assert!(shown.contains("sqlite://environment.db"), "{shown}");
    assert!(
        shown.contains("the environment variable IPCASCADE_STORE__URL"),
        "{shown}"
    );
    let shown = source(&environment, &["--db", "sqlite://flag.db"]);
    assert!(
        shown.contains("sqlite://flag.db") && shown.contains("the flag --db"),
        "{shown}"
    );
}

#[test]
fn the_user_s_own_file_is_read_when_there_is_none_here() {
    let sandbox = Sandbox::new(PROGRAM);
    let folder = sandbox.path("config");
    let variables = [("XDG_CONFIG_HOME", folder.to_str().unwrap())];
    sandbox.write(
        "config/ipcascade/ipcascade.toml",
        "[store]\nurl = \"sqlite://user.db\"\n",
    );
    let run = sandbox.run_with(&variables, &["config", "show"]).expect(0);
    assert!(run.stdout.contains("sqlite://user.db"), "{run:?}");
    sandbox.write("ipcascade.toml", "[store]\nurl = \"sqlite://here.db\"\n");
    let run = sandbox.run_with(&variables, &["config", "show"]).expect(0);
    assert!(run.stdout.contains("sqlite://here.db"), "{run:?}");
}

#[test]
fn a_number_without_a_unit_is_read_as_before_and_warned_of() {
    let sandbox = Sandbox::new(PROGRAM);
    let text = "[store]\ncache_mib = 64\n[providers.cymru]\nttl_days = 30\ndns.timeout = 2.5\n";
    sandbox.write("ipcascade.toml", text);
    let run = sandbox.run(&["config", "show"]).expect(0);
    assert_snapshot!(run.stderr, @r#"
    warning: `store.cache_mib` is now `store.cache`; write `cache = "64MiB"` (set in ipcascade.toml)
    warning: `providers.cymru.ttl_days` is now `providers.cymru.ttl`; write `ttl = "30d"` (set in ipcascade.toml)
    warning: `providers.cymru.dns.timeout` is a number without a unit; write `timeout = "2s 500ms"` (set in ipcascade.toml)
    "#);
    for value in ["\"30d\"", "\"2s 500ms\"", "\"64MiB\""] {
        assert!(run.stdout.contains(value), "{value}: {run:?}");
    }
}

#[test]
fn a_later_source_overrides_an_old_key_and_the_other_way_round() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("old.toml", "[providers.cymru]\nttl_days = 30\n");
    sandbox.write("new.toml", "[providers.cymru]\nttl = \"30d\"\n");
    for (file, name, value) in [
        ("old.toml", "IPCASCADE_PROVIDERS__CYMRU__TTL", "5d"),
        ("new.toml", "IPCASCADE_PROVIDERS__CYMRU__TTL_DAYS", "5"),
    ] {
        let line = ["--config", file, "config", "show"];
        let run = sandbox.run_with(&[(name, value)], &line).expect(0);
        assert!(run.stdout.contains("\"5d\""), "{run:?}");
        assert!(!run.stdout.contains("30d"), "{run:?}");
    }
}

#[test]
fn an_old_key_in_the_environment_is_answered_with_the_new_variable() {
    let variables = [("IPCASCADE_PROVIDERS__CYMRU__TTL_DAYS", "5")];
    let run = Sandbox::new(PROGRAM).run_with(&variables, &["config", "show"]);
    let stderr = run.expect(0).stderr;
    assert!(
        stderr.contains("write `IPCASCADE_PROVIDERS__CYMRU__TTL=5d`"),
        "{stderr}"
    );
    let variables = [("IPCASCADE_PROVIDERS__CYMRU__TTL_DAYS", "five")];
    let run = Sandbox::new(PROGRAM).run_with(&variables, &["config", "show"]);
    let stderr = run.expect(2).stderr;
    assert!(
        stderr.contains("as in `IPCASCADE_PROVIDERS__CYMRU__TTL=30d`"),
        "{stderr}"
    );
}

#[test]
fn two_spellings_in_the_environment_are_refused() {
    let variables = [
        ("IPCASCADE_STORE__BUSY_TIMEOUT_SECONDS", "5"),
        ("IPCASCADE_STORE__BUSY_TIMEOUT", "6s"),
    ];
    let run = Sandbox::new(PROGRAM).run_with(&variables, &["config", "show"]);
    let stderr = run.expect(2).stderr;
    assert!(
        stderr.contains("it is the same setting as `store.busy_timeout`"),
        "{stderr}"
    );
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let sandbox = Sandbox::new(PROGRAM);
    for name in ["IPCASCADE_STORE__URL", "GREYNOISE_API_KEY"] {
        let value = std::ffi::OsStr::from_bytes(b"caf\xe9");
        let output = sandbox
            .command(&["config", "check"])
            .env(name, value)
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(
            stderr.contains(&format!("error: `{name}`: it ")),
            "{stderr}"
        );
    }
}

#[test]
fn a_key_is_refused_where_it_is() {
    let sandbox = Sandbox::new(PROGRAM);
    let variables = [("GREYNOISE_API_KEY", "SECRET key")];
    let run = sandbox.run_with(&variables, &["config", "check"]).expect(2);
    assert!(
        run.stderr
            .contains("`GREYNOISE_API_KEY`: it has characters"),
        "{run:?}"
    );
    assert!(!run.stderr.contains("SECRET"), "{run:?}");
    sandbox.write("key.txt", "SECRET key");
    sandbox.write(
        "ipcascade.toml",
        "[providers.greynoise]\napi_key_file = \"key.txt\"\n",
    );
    let run = sandbox.run(&["config", "check"]).expect(2);
    assert!(run.stderr.contains("key.txt: it has characters"), "{run:?}");
    assert!(!run.stderr.contains("SECRET"), "{run:?}");
}

#[test]
fn what_is_not_a_file_does_not_pass_for_no_configuration() {
    let sandbox = Sandbox::new(PROGRAM);
    std::fs::create_dir(sandbox.path("ipcascade.toml")).unwrap();
    let run = sandbox.run(&["config", "path"]).expect(2);
    assert!(
        run.stderr
            .contains("cannot read the configuration file `ipcascade.toml`: it is a folder"),
        "{run:?}"
    );
    std::fs::remove_dir(sandbox.path("ipcascade.toml")).unwrap();
    sandbox.run(&["config", "path"]).expect(0);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("none.toml", sandbox.path("ipcascade.toml")).unwrap();
        let run = sandbox.run(&["config", "path"]).expect(2);
        assert!(
            run.stderr.contains("a link to what does not exist"),
            "{run:?}"
        );
    }
}
