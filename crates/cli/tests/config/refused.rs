//! What is refused, and how that is reported.

use insta::assert_snapshot;
use ipcascade_testkit::program::Sandbox;

use crate::PROGRAM;

#[test]
fn an_unknown_key_is_named_with_its_file_and_what_was_expected() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("ipcascade.toml", "[stoer]\nurl = \"sqlite://a.db\"\n");
    let run = sandbox.run(&["config", "show"]).expect(2);
    assert_snapshot!(run.stderr, @"error: unknown key `stoer`: did you mean `store`? (set in ipcascade.toml:1:2)");
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
    assert_snapshot!(run.stderr, @r#"error: `cascade.geo_country_fills_registry` is "yes": expected true or false (set in other.toml:2:1)"#);
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
        // With line and column.
        assert!(error.contains("(set in c.toml:"), "{error}");
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
fn a_step_of_an_unknown_provider_or_field_is_refused() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("a.toml", "[[cascade.steps]]\nprovider = \"maxmnd\"\n");
    let run = sandbox
        .run(&["--config", "a.toml", "config", "check"])
        .expect(2);
    assert!(
        run.stderr
            .contains("unknown provider `maxmnd`: did you mean `maxmind`?"),
        "{run:?}"
    );
    assert!(run.stderr.contains("a.toml"), "{run:?}");
    sandbox.write("b.toml", "[cascade.prefer]\nasn_orgg = []\n");
    let run = sandbox
        .run(&["--config", "b.toml", "config", "check"])
        .expect(2);
    assert!(
        run.stderr
            .contains("unknown field `asn_orgg`: did you mean `asn_org`?"),
        "{run:?}"
    );
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

#[test]
fn nothing_is_made_for_a_store_whose_settings_are_wrong() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("c.toml", "[store]\nreaders = 0\n");
    sandbox.write("a.txt", "8.8.8.8\n");
    sandbox.run(&["--config", "c.toml", "backfill"]).expect(2);
    let made: Vec<_> = std::fs::read_dir(sandbox.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(made.len(), 2, "{made:?}");
}

#[test]
fn the_environment_of_a_program_is_a_list_of_names() {
    let sandbox = Sandbox::new(PROGRAM);
    for pattern in ["A=SECRET", "", "A*B"] {
        sandbox.write(
            "c.toml",
            &format!("[providers.exec]\ncommand = [\"sh\"]\nenvironment = [\"{pattern}\"]\n"),
        );
        let run = sandbox
            .run(&["--config", "c.toml", "config", "check"])
            .expect(2);
        assert!(
            run.stderr
                .contains("`providers.exec.environment`: expected names of variables"),
            "{run:?}"
        );
        assert!(!run.stderr.contains("SECRET"), "{run:?}");
    }
}

#[test]
fn filters_that_nothing_can_match_are_refused() {
    let sandbox = Sandbox::new(PROGRAM);
    for (filter, value) in [
        ("--country", "Atlantis"),
        ("--country", "XX"),
        ("--registry", "foo"),
    ] {
        let run = sandbox
            .run(&["--db", "a.db", "asn", "list", filter, value])
            .expect(2);
        assert!(run.stderr.contains("expected "), "{run:?}");
    }
}

#[test]
fn a_single_value_is_a_list_of_one() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write(
        "ipcascade.toml",
        "[providers.maxmind]\nfiles = \"no.mmdb\"\n",
    );
    let run = sandbox.run(&["config", "check"]).expect(2);
    assert!(run.stderr.contains("no.mmdb"), "{run:?}");
    assert!(!run.stderr.contains("expected a list"), "{run:?}");
}
