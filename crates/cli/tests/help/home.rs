//! `~/` is the user's home wherever a path is accepted, also where no shell has replaced it.

use ipcascade_testkit::program::{Run, Sandbox};

use crate::{PROGRAM, SAMPLE};

/// A sandbox whose working directory is not the home, which is its folder `home`.
struct Home(Sandbox);

impl Home {
    fn new() -> Self {
        let sandbox = Sandbox::new(PROGRAM);
        sandbox.write("home/a.txt", "9.9.9.9\n8.8.8.8\n");
        sandbox.write("home/own.txt", "8.8.8.8\n");
        let mmdb = format!("{SAMPLE}/sample-asn.mmdb");
        let copied = std::fs::copy(mmdb, sandbox.path("home/asn.mmdb"));
        assert!(copied.is_ok(), "{copied:?}");
        Self(sandbox)
    }

    fn run(&self, args: &[&str]) -> Run {
        self.run_with(&[], args)
    }

    fn run_with(&self, variables: &[(&str, &str)], args: &[&str]) -> Run {
        let home = self.0.path("home").display().to_string();
        let variables = [&[("HOME", home.as_str())][..], variables].concat();
        self.0.run_with(&variables, args)
    }

    fn has(&self, name: &str) -> bool {
        self.0.path("home").join(name).exists()
    }
}

#[test]
fn options_and_inputs_are_read_and_written_at_home() {
    let home = Home::new();
    let global = ["--mmdb=~/asn.mmdb", "--db=~/a.db"];
    let run = |args: &[&str]| home.run(&[&global[..], args].concat()).expect(0);
    run(&["enrich", "--exclude=~/own.txt", "~/a.txt"]);
    assert!(home.has("a.db"));
    let listed = run(&["ip", "list", "--columns", "address", "--format", "csv"]);
    assert!(listed.stdout.contains("9.9.9.9"), "{listed:?}");
    assert!(!listed.stdout.contains("8.8.8.8"), "{listed:?}");
    run(&["report", "--output=~/report.html"]);
    let feed = ["ip", "export", "--feed", "plain"];
    run(&[&feed[..], &["--exclude=~/own.txt", "--output=~/feed.txt"]].concat());
    run(&["copy", "--from=~/a.db", "--to=~/b.db"]);
    run(&["config", "init", "--output=~/c.toml"]);
    for made in ["report.html", "feed.txt", "b.db", "c.toml"] {
        assert!(home.has(made), "{made}");
    }
}

#[test]
fn values_of_the_configuration_and_of_variables_are_read_at_home() {
    let home = Home::new();
    let text = "[store]\nurl = \"~/a.db\"\n[input]\nexclude = [\"~/own.txt\"]\n\
                [providers.maxmind]\nfiles = [\"~/asn.mmdb\"]\n";
    home.0.write("home/c.toml", text);
    let run = home
        .run(&["--config=~/c.toml", "enrich", "~/a.txt"])
        .expect(0);
    assert!(run.stderr.contains("1 seen"), "{run:?}");
    assert!(home.has("a.db"));
    let variables = [
        ("IPCASCADE_STORE__URL", "~/b.db"),
        ("IPCASCADE_INPUT__EXCLUDE", "[\"~/own.txt\"]"),
        ("IPCASCADE_PROVIDERS__MAXMIND__FILES", "[\"~/asn.mmdb\"]"),
    ];
    let run = home.run_with(&variables, &["enrich", "~/a.txt"]).expect(0);
    assert!(run.stderr.contains("1 seen"), "{run:?}");
    assert!(home.has("b.db"));
    let variables = [("IPCASCADE_CONFIG", "~/c.toml")];
    let run = home.run_with(&variables, &["config", "path"]).expect(0);
    assert!(run.stdout.ends_with("/home/c.toml\n"), "{run:?}");
}
