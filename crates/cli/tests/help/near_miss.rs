//! What a mistyped name is answered with.

use ipcascade_testkit::program::Sandbox;

use crate::PROGRAM;

#[track_caller]
fn assert_suggested(sandbox: &Sandbox, args: &[&str], expected: &str) {
    let run = sandbox.run(args).expect(2);
    assert!(run.stderr.contains(expected), "{args:?}: {run:?}");
}

#[test]
#[cfg(feature = "provider-maxmind")]
fn a_mistyped_provider_is_answered_with_the_nearest() {
    let sandbox = Sandbox::new(PROGRAM);
    let expected = "unknown provider `maxmnid`: did you mean `maxmind`?";
    for args in [
        &["providers", "show", "maxmnid"][..],
        &["providers", "resume", "maxmnid"],
        &["refresh", "--provider", "maxmnid"],
    ] {
        assert_suggested(&sandbox, args, expected);
    }
    for text in [
        "[[cascade.steps]]\nprovider = \"maxmnid\"\n",
        "[cascade.prefer]\nasn = [\"maxmnid\"]\n",
        "[providers.maxmnid]\nfiles = []\n",
    ] {
        sandbox.write("ipcascade.toml", text);
        assert_suggested(&sandbox, &["stats"], expected);
        assert_suggested(&sandbox, &["stats"], "(set in ipcascade.toml)");
    }
    sandbox.write("ipcascade.toml", "");
    assert_suggested(
        &sandbox,
        &["providers", "show", "nonsense"],
        "unknown provider `nonsense`: this program has `",
    );
}

#[test]
fn a_mistyped_key_is_answered_with_the_nearest_at_every_level() {
    let sandbox = Sandbox::new(PROGRAM);
    for (text, expected) in [
        ("ofline = true", "`ofline`: did you mean `offline`?"),
        (
            "[store]\nuri = \"sqlite://a.db\"",
            "`store.uri`: did you mean `store.url`?",
        ),
        (
            "[input]\nexcludes = []",
            "`input.excludes`: did you mean `input.exclude`?",
        ),
        (
            "[cascade]\nstep = []",
            "`cascade.step`: did you mean `cascade.steps`?",
        ),
        (
            "[[cascade.steps]]\nproviders = \"x\"",
            "did you mean `cascade.steps[0].provider`?",
        ),
        #[cfg(feature = "provider-maxmind")]
        (
            "[providers.maxmind]\nFile = []",
            "`providers.maxmind.File`: did you mean `providers.maxmind.files`?",
        ),
        #[cfg(feature = "provider-cymru")]
        (
            "[providers.cymru.dns]\nserver = []",
            "did you mean `providers.cymru.dns.servers`?",
        ),
        (
            "[store]\ncolor = 1",
            "unknown key `store.color`: expected one of `",
        ),
    ] {
        sandbox.write("ipcascade.toml", text);
        assert_suggested(&sandbox, &["config", "check"], expected);
    }
}

#[test]
fn a_store_whose_key_is_mistyped_is_not_looked_for_at_the_default_place() {
    let sandbox = Sandbox::new(PROGRAM);
    let variables = [("IPCASCADE_STORE__URI", "sqlite://here.db")];
    let enrich = &["enrich", "198.41.0.4"][..];
    for args in [&["config", "check"][..], &["stats"], &["verify"], enrich] {
        let run = sandbox.run_with(&variables, args).expect(2);
        let expected = "unknown key `store.uri`: did you mean `store.url`? (set in the environment variable IPCASCADE_STORE__URI)";
        assert!(run.stderr.contains(expected), "{run:?}");
        assert!(!run.stdout.contains("sound"), "{run:?}");
    }
}

#[test]
fn a_mistyped_field_is_answered_with_the_nearest() {
    let sandbox = Sandbox::new(PROGRAM);
    for (text, expected) in [
        (
            "[cascade.prefer]\nasn_orgg = []",
            "unknown field `asn_orgg`: did you mean `asn_org`?",
        ),
        (
            "[cascade.prefer]\ncountty = []",
            "unknown field `countty`: did you mean `country`?",
        ),
        #[cfg(feature = "provider-maxmind")]
        (
            "[[cascade.steps]]\nprovider = \"maxmind\"\nif_missing = [\"countty\"]",
            "unknown field `countty`: did you mean `country`?",
        ),
    ] {
        sandbox.write("ipcascade.toml", text);
        assert_suggested(&sandbox, &["config", "check"], expected);
    }
    sandbox.write("ipcascade.toml", "");
    for option in ["--sort", "--columns", "--where"] {
        let args = ["ip", "list", option, "countty"];
        assert_suggested(&sandbox, &args, "did you mean `country`?");
    }
    assert_suggested(
        &sandbox,
        &["ip", "list", "--where", "session_count=>5"],
        "did you mean `>=`?",
    );
}

#[test]
#[cfg(feature = "provider-maxmind")]
fn a_mistyped_column_is_answered_with_the_nearest() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("a.csv", "src_ip,port\n9.9.9.9,22\n");
    let mmdb = format!("{}/sample-asn.mmdb", crate::SAMPLE);
    let run = |rest: &[&str]| {
        let line = ["--mmdb", mmdb.as_str(), "enrich", "--no-store"];
        sandbox.run(&[&line[..], rest].concat())
    };
    let column = run(&["--column", "scr_ip", "a.csv"]).expect(1);
    let expected = "no column is called `scr_ip`: did you mean `src_ip`?";
    assert!(column.stderr.contains(expected), "{column:?}");
    let field = run(&["--fields", "asn,asn_ogr", "a.csv"]).expect(0);
    let expected = "no address has `asn_ogr` (did you mean `asn_org`?)";
    assert!(field.stderr.contains(expected), "{field:?}");
    let format = run(&["--format-in", "ndjsn", "a.csv"]).expect(2);
    assert!(format.stderr.contains("'ndjson'"), "{format:?}");
}

#[test]
fn a_mistyped_scheme_is_answered_with_the_nearest() {
    let sandbox = Sandbox::new(PROGRAM);
    assert_suggested(
        &sandbox,
        &["--db", "sqllite://a.db", "stats"],
        "unknown scheme of a store `sqllite`: did you mean `sqlite`?",
    );
    #[cfg(feature = "store-postgres")]
    assert_suggested(
        &sandbox,
        &["--db", "postgers://host/db", "stats"],
        "did you mean `postgres`?",
    );
}

#[test]
#[cfg(unix)]
fn three_slashes_where_four_are_meant_are_noticed() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("data/a.txt", "9.9.9.9\n");
    let file = sandbox.path("data/x.db").display().to_string();
    let url = format!("sqlite://{file}");
    for command in ["stats", "backfill", "migrate", "verify"] {
        let run = sandbox.run(&["--db", &url, command]).expect(3);
        assert!(
            run.stderr
                .contains("did you mean `sqlite:///HOME/data/x.db`?"),
            "{run:?}"
        );
    }
    assert!(!sandbox.path("data/x.db").exists());
}
