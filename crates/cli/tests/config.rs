//! Configuration through the built program.

use insta::assert_snapshot;
use ipcascade_testkit::program::Sandbox;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade");

#[test]
fn an_unknown_key_is_named_with_its_file_and_what_was_expected() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("ipcascade.toml", "[stoer]\nurl = \"sqlite://a.db\"\n");
    let run = sandbox.run(&["config", "show"]).expect(2);
    assert_snapshot!(run.stderr, @"error: unknown key `stoer`: expected one of `offline`, `store`, `input`, `cascade`, `providers` (set in ipcascade.toml)");
}

#[test]
fn a_value_of_the_wrong_kind_is_named() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write(
        "other.toml",
        "[cascade]\ngeo_country_fills_registry = \"yes\"\n",
    );
    let run = sandbox
        .run(&["--config", "other.toml", "config", "check"])
        .expect(2);
    assert_snapshot!(run.stderr, @r#"error: `cascade.geo_country_fills_registry` is "yes": expected true or false (set in other.toml)"#);
}

#[test]
fn everything_that_is_wrong_is_reported_at_once() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write(
        "c.toml",
        "[input]\nexclude = [\"192.0.2.0/24\", \"foo\"]\n\
         [store]\nurl = \"postgresql://h/d?sslmod=x\"\n\
         [providers.maxmind]\nfiles = [\"a.mmdb\", 3]\n\
         [[providers.lists.list]]\nname = \"a\"\nfiles = [\"a\"]\n\
         [[providers.lists.list]]\nname = 7\n",
    );
    let run = sandbox
        .run(&["--config", "c.toml", "config", "check", "-q"])
        .expect(2);
    let errors: Vec<&str> = run
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert_eq!(errors.len(), 4, "{run:?}");
    for (error, beginning) in errors.iter().zip([
        "error: `store.url`: its parameter `sslmod` is not understood",
        "error: `input.exclude`: cannot exclude foo: ",
        "error: `providers.lists.list[1].name` is 7: expected text, in quotes",
        "error: `providers.maxmind.files[1]` is 3: expected a path, in quotes",
    ]) {
        assert!(error.starts_with(beginning), "{error}");
        assert!(error.ends_with("(set in c.toml)"), "{error}");
    }
    sandbox.write("c.toml", "[store]\nreaders = -1\n");
    let run = sandbox
        .run(&["--config", "c.toml", "config", "check"])
        .expect(2);
    assert!(
        run.stderr
            .contains("`store.readers` is -1: expected a whole number, 0 to 4294967295"),
        "{run:?}"
    );
}

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
fn a_step_of_an_unknown_provider_or_field_is_refused() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("a.toml", "[[cascade.steps]]\nprovider = \"maxmnd\"\n");
    let run = sandbox
        .run(&["--config", "a.toml", "config", "check"])
        .expect(2);
    assert!(
        run.stderr.contains("there is no provider `maxmnd`"),
        "{run:?}"
    );
    assert!(run.stderr.contains("a.toml"), "{run:?}");
    sandbox.write("b.toml", "[cascade.prefer]\nansn = []\n");
    let run = sandbox
        .run(&["--config", "b.toml", "config", "check"])
        .expect(2);
    assert!(run.stderr.contains("there is no field `ansn`"), "{run:?}");
    assert!(run.stderr.contains("`asn_org`"), "{run:?}");
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
#[cfg(feature = "provider-greynoise")]
fn secrets_are_never_shown() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write(
        "ipcascade.toml",
        "[store]\nurl = \"postgresql://me:hunter2@host/db?password=hunter2\"\n\
         [providers.greynoise]\napi_key = \"hunter2\"\n",
    );
    for args in [
        &["config", "show"][..],
        &["config", "show", "--format", "json"],
    ] {
        let run = sandbox.run(args).expect(0);
        assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
        assert!(
            run.stdout
                .contains("postgresql://me:***@host/db?password=***"),
            "{run:?}"
        );
        assert!(
            run.stdout.contains("providers.greynoise.api_key"),
            "{run:?}"
        );
    }
}

#[test]
fn a_wrong_store_setting_is_a_matter_of_configuration() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write(
        "ipcascade.toml",
        "[store]\nurl = \"sqlite://a.db\"\nreadrs = 3\n",
    );
    let run = sandbox.run(&["migrate"]).expect(2);
    assert!(run.stderr.contains("unknown key `store.readrs`"), "{run:?}");
    assert!(run.stderr.contains("ipcascade.toml"), "{run:?}");
}

#[test]
fn the_sample_can_be_written_once_and_read() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox
        .run(&["config", "init", "--output", "ipcascade.toml"])
        .expect(0);
    let written = std::fs::read_to_string(sandbox.path("ipcascade.toml")).unwrap();
    assert!(written.contains("[store]"));
    sandbox.run(&["config", "check"]).expect(0);
    let again = sandbox
        .run(&["config", "init", "--output", "ipcascade.toml"])
        .expect(2);
    assert!(again.stderr.contains("--force"), "{again:?}");
    assert!(
        sandbox
            .run(&["config", "path"])
            .expect(0)
            .stdout
            .contains("ipcascade.toml")
    );
}

#[test]
#[cfg(feature = "provider-maxmind")]
fn a_provider_that_a_step_names_must_be_configured() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.run(&["config", "check"]).expect(0);
    sandbox.write(
        "ipcascade.toml",
        "[[cascade.steps]]\nprovider = \"maxmind\"\n",
    );
    let run = sandbox.run(&["config", "check"]).expect(2);
    assert!(
        run.stderr
            .contains("the cascade names the provider `maxmind`"),
        "{run:?}"
    );
}

#[test]
#[cfg(unix)]
fn a_file_with_secrets_that_others_may_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;

    let sandbox = Sandbox::new(PROGRAM);
    let file = sandbox.write(
        "ipcascade.toml",
        "[store]\nurl = \"postgresql://me:hunter2@host/db\"\n",
    );
    let warned = |mode: u32| {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let run = sandbox.run(&["config", "show"]).expect(0);
        assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
        run.stderr
            .contains("others may read `ipcascade.toml`, which holds `store.url`")
    };
    assert!(warned(0o644));
    assert!(!warned(0o600));
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

#[test]
fn a_provider_s_settings_are_a_table_and_a_command_is_not_shown() {
    let sandbox = Sandbox::new(PROGRAM);
    for (text, message) in [
        (
            "[providers]\nmaxmind = 5\n",
            "`providers.maxmind`: expected a table of settings",
        ),
        (
            "[providers.exec]\ncommand = \"p --token=SECRET\"\n",
            "`providers.exec.command` is text: expected",
        ),
    ] {
        sandbox.write("ipcascade.toml", text);
        let run = sandbox.run(&["config", "check"]);
        assert!(run.stderr.contains(message), "{run:?}");
        assert!(!run.stderr.contains("SECRET"), "{run:?}");
    }
}

#[test]
fn durations_without_a_unit_or_out_of_range_are_refused() {
    let sandbox = Sandbox::new(PROGRAM);
    for (text, message) in [
        ("ttl = 30", "expected a duration with its unit"),
        ("ttl = \"30\"", "`providers.cymru.ttl` is \"30\""),
        ("ttl = \"1M\"", "expected a duration with its unit"),
        ("dns.timeout = \"2d\"", "above 0, up to 1d"),
        (
            "ttl_days = 30\nttl = \"30d\"",
            "remove `providers.cymru.ttl_days`",
        ),
    ] {
        sandbox.write("ipcascade.toml", &format!("[providers.cymru]\n{text}\n"));
        let run = sandbox.run(&["config", "check"]).expect(2);
        assert!(run.stderr.contains(message), "{run:?}");
        assert!(run.stderr.contains("set in ipcascade.toml"), "{run:?}");
    }
}
