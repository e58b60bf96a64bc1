//! Look-ups of whatever is pasted.

use ipcascade_testkit::program::Run;
use serde_json::Value;

use crate::place::Place;
#[cfg(unix)]
use crate::terminal;
use crate::transcript::Transcript;

const LATER: &[&str] = &["--now", "2026-03-12T13:00:00Z"];
const FORMATS: &[&str] = &["table", "json", "ndjson"];

/// A place with an inventory.
pub(crate) fn filled() -> Place {
    let place = Place::new();
    let inputs = ["cowrie.json", "header.csv", "list.txt"];
    place.run(&[&["enrich"], &inputs[..]].concat()).expect(0);
    place
}

pub(crate) fn run(place: &Place, args: &[&str]) -> Run {
    place.run(&[LATER, args].concat())
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:#?}"))
}

/// Compares what each of these prints.
pub(crate) fn check(name: &str, place: &Place, commands: &[&[&str]]) {
    let mut transcript = Transcript::default();
    for args in commands {
        transcript.run(args, &run(place, args));
    }
    transcript.compare(name);
}

#[test]
fn ases_and_prefixes_are_looked_up() {
    let place = filled();
    let mut transcript = Transcript::default();
    for subject in [
        "as15169",
        "8.0.0.0/7",
        "2001::/16",
        "8.8.0.0-9.9.9.9",
        "45.0.0.0/8",
    ] {
        for format in FORMATS {
            let args = ["lookup", subject, "--format", format];
            transcript.run(&args, &run(&place, &args));
        }
    }
    transcript.compare("lookup_subjects");
}

#[test]
fn an_as_is_what_asn_show_shows_of_it() {
    let place = filled();
    for format in FORMATS {
        let looked_up = run(&place, &["lookup", "ASN 15169", "--format", format]).expect(0);
        let shown = run(&place, &["asn", "show", "15169", "--format", format]).expect(0);
        match *format {
            "table" => {
                let more = looked_up.stdout.lines();
                let more = more.filter(|line| !shown.stdout.lines().any(|it| it == *line));
                let names: Vec<&str> = more.filter_map(|it| it.split_whitespace().next()).collect();
                assert_eq!(names, ["prefixes", "countries"]);
            }
            _ => assert_eq!(looked_up.stdout, shown.stdout),
        }
    }
}

#[test]
#[cfg(feature = "provider-lists")]
fn an_as_that_only_a_source_knows_is_described_and_not_said_to_be_stored() {
    let place = filled();
    // In a list, and in no address.
    place.write("hosting.txt", "AS64496\n");
    let config = place.read("ipcascade.toml")
        + "\n[[cascade.steps]]\nprovider = \"lists\"\n[[providers.lists.list]]\nname = \"hosters\"\n\
           files = [\"hosting.txt\"]\nfields = { is_hosting = true }\n";
    place.write("ipcascade.toml", config);
    let known = run(&place, &["lookup", "AS64496"]).expect(0);
    assert!(known.stdout.contains("hosting    yes"), "{known:?}");
    assert!(known.stdout.contains("not stored"), "{known:?}");
    let known = json(&run(&place, &["lookup", "AS64496", "--json"]).expect(0));
    assert_eq!(known["is_hosting"], true);
    for unknown in ["session_count", "address_count", "first_seen", "is_vpn"] {
        assert!(known.get(unknown).is_none(), "{known}");
    }
    let unknown = run(&place, &["lookup", "AS64497"]).expect(1);
    assert!(
        unknown
            .stderr
            .contains("AS64497 is not in sqlite://inventory.db")
    );
}

#[test]
fn answers_come_in_the_order_of_the_questions_and_none_is_lost() {
    let place = filled();
    place.write(
        "asked.txt",
        "# from a mail\nhxxps://8[.]8[.]8[.]8:443/x\nexample.com\nAS15169 # Google\n\n2001::/16\n",
    );
    let args = [
        "lookup",
        "9.9.9.9,",
        "AS4294967296",
        "-",
        "\"8.0.0.0/8\"",
        "ASX15169",
        "AS15169.",
    ];
    let line = [LATER, &args, &["--format", "ndjson"]].concat();
    let asked = place.run_on("asked.txt", &line).expect(1);
    let answers = asked.stdout.lines().map(|line| {
        let answer: Value = serde_json::from_str(line).unwrap();
        let key = ["address", "prefix", "asn"]
            .into_iter()
            .find(|key| !answer[key].is_null());
        answer[key.unwrap()].to_string()
    });
    let answers: Vec<String> = answers.collect();
    assert_eq!(
        answers,
        [
            "\"9.9.9.9\"",
            "\"8.8.8.8\"",
            "15169",
            "\"2001::/16\"",
            "\"8.0.0.0/8\"",
            "15169"
        ]
    );
    let errors: Vec<&str> = asked.stderr.lines().collect();
    assert_eq!(
        errors,
        [
            "error: `AS4294967296` is not an AS number: expected 1 to 4294967295, with or without `AS` in front",
            "error: standard input:3: `example.com` is a host name, not an address: expected an address, a prefix, a range or an AS; host names are not resolved, as that would reveal to others what is looked up",
            "error: `ASX15169` is not an address: an AS is written `AS15169`",
        ]
    );
}

#[test]
fn what_cannot_be_looked_up_is_refused_with_a_reason() {
    check(
        "lookup_refused",
        &filled(),
        &[
            &["lookup", "example.com"],
            &["lookup", "ASX15169"],
            &["lookup", "AS0"],
            &["lookup", "15169"],
            &["lookup", "1.2.3.4.5", "example.com", "--json"],
            &["ip", "show", "1.2.3.4.5", "11.1.1.1"],
            &["lookup", "8.8.8.8/8", "--field", "asn"],
            &["lookup", "AS64500"],
            &["--db", "none.db", "lookup", "AS64500"],
            &["--db", "none.db", "lookup", "45.0.0.0/8"],
        ],
    );
}

#[test]
fn fields_of_ases_and_prefixes_are_printed_alone() {
    check(
        "lookup_fields",
        &filled(),
        &[
            &["lookup", "AS15169", "--field", "asn", "--field", "asn_org"],
            &[
                "lookup", "8.8.8.8", "AS3333", "AS64500", "9.9.9.9", "--field", "asn",
            ],
            &[
                "lookup",
                "8.0.0.0/8",
                "--field",
                "address_count",
                "--field",
                "prefix",
            ],
            &[
                "lookup",
                "8.0.0.0-8.9.0.0",
                "--field",
                "range",
                "--field",
                "prefix",
            ],
            &["lookup", "8.8.8.8", "8.0.0.0/8", "--field", "asn"],
            &["lookup", "AS15169", "--field", "country"],
            &["lookup", "AS15169", "8.8.8.8", "--field", "first_seen"],
        ],
    );
}

#[test]
fn many_ases_are_cut_with_a_word_about_how_to_see_all() {
    let place = Place::new();
    let lines = (1..=12).map(|number| format!("45.{number}.0.1"));
    place.write("many.txt", lines.collect::<Vec<_>>().join("\n"));
    place.run(&["enrich", "many.txt"]).expect(0);
    // Another program has attributed them.
    let attributed = (1..=12).fold(String::new(), |sql, number| {
        let asn = 64_500 + number;
        sql + &format!(
            "INSERT INTO asn_inventory (asn_number, first_seen, last_seen) VALUES ({asn}, '2026-01-01', '2026-01-01');\
             UPDATE ip_inventory SET current_asn = {asn} WHERE ip_address = '45.{number}.0.1';"
        )
    });
    crate::rows::execute(&place.path("inventory.db"), &attributed);
    let shown = run(&place, &["lookup", "45.0.0.0/8"]).expect(0);
    let ases = shown
        .stdout
        .lines()
        .filter(|line| line.starts_with("AS645"));
    assert_eq!(ases.count(), 10, "{shown:?}");
    let all = "10 of 12 ASes in 45.0.0.0/8; `ipcascade ip top --by asn --prefix 45.0.0.0/8 --all` lists all";
    assert!(shown.stderr.contains(all), "{shown:?}");
    let top = [
        "ip",
        "top",
        "--by",
        "asn",
        "--prefix",
        "45.0.0.0/8",
        "--all",
    ];
    assert_eq!(run(&place, &top).expect(0).stdout.lines().count(), 13);
    let whole = json(&run(&place, &["lookup", "45.0.0.0/8", "--json"]).expect(0));
    assert_eq!(whole["asns"].as_array().map(Vec::len), Some(12));
    assert_eq!(whole["top_addresses"].as_array().map(Vec::len), Some(10));
}

#[test]
fn what_is_dangerous_is_seen_at_a_glance_and_counted() {
    let place = filled();
    let section = |more: &str| {
        format!(
            r#"{{"cymru": {{"asn": 4134, "asn_org": "EVIL\u001b[2J\u202e\nNET", "country": "CN", "prefix": "45.0.0.0/15",
            "cached_at": "2026-03-10T00:00:00Z"}}, "greynoise": {{"classification": "{more}", "noise": true,
            "cached_at": "2026-03-11T00:00:00Z"}}, "lists": {{"is_tor": true, "lists": ["tor"],
            "cached_at": "2026-03-11T00:00:00Z"}}}}"#
        )
    };
    let of = |address: &str, classification: &str| {
        let section = section(classification);
        format!(
            "INSERT INTO ip_inventory (ip_address, first_seen, last_seen, session_count, enrichment)\
             VALUES ('{address}', '2026-03-01', '2026-03-10 13:00:00', 12, '{section}');"
        )
    };
    let sql = of("45.1.0.1", "malicious") + &of("45.1.0.2", "unknown");
    crate::rows::execute(&place.path("inventory.db"), &sql);
    let glance = |address: &str| {
        let shown = run(&place, &["lookup", address]).expect(0).stdout;
        shown.lines().nth(1).unwrap().trim().to_owned()
    };
    let evil = r"AS4134 EVIL\u{1b}[2J\u{202e}\nNET";
    let malicious = glance("45.1.0.1");
    assert!(malicious.starts_with(&evil[..18]), "{malicious}");
    assert!(
        malicious.ends_with(" · 12 sessions · malicious (greynoise) · Tor exit · …"),
        "{malicious}"
    );
    let unknown = glance("45.1.0.2");
    assert!(
        !unknown.contains("greynoise") && unknown.contains("Tor exit"),
        "{unknown}"
    );
    let counted = json(&run(&place, &["lookup", "45.0.0.0/8", "--json"]).expect(0));
    assert_eq!(counted["classifications"][0]["classification"], "malicious");
    assert_eq!(counted["classifications"][0]["address_count"], 1);
    let table = run(&place, &["lookup", "45.0.0.0/8"]).expect(0).stdout;
    assert!(
        table.contains("malicious   1 address") || table.contains("malicious"),
        "{table}"
    );
    assert!(
        !table.contains('\u{1b}') && !table.contains('\u{202e}'),
        "{table}"
    );
}

#[test]
#[cfg(unix)]
fn answers_fit_the_terminal() {
    let place = filled();
    let mut transcript = Transcript::default();
    for columns in [40, 80, 200, 0] {
        let width = if columns == 0 { 80 } else { columns.into() };
        let mut shown = |subject: &str| {
            let args = [LATER, &["lookup", subject]].concat();
            let shown = terminal::shown(&mut place.command(&args), columns);
            transcript.text(&format!("{subject} in {columns} columns"), &shown);
            shown
        };
        for address in ["8.8.8.8", "10.0.0.1"] {
            let shown = shown(address);
            let glance = shown.lines().nth(1).unwrap();
            assert!(glance.chars().count() <= width, "{glance}");
        }
        for subject in ["AS15169", "8.0.0.0/7"] {
            let is_wide = |line: &str| line.chars().count() > width;
            let shown = shown(subject);
            assert!(width < 80 || !shown.lines().any(is_wide), "{shown}");
        }
    }
    transcript.compare("lookup_widths");
}

#[test]
fn lines_of_values_are_those_of_questions() {
    let place = filled();
    place.write(
        "asked.txt",
        "8.8.8.8\n8.8.8.8\nfoo\n# none\nAS64999\n9.9.9.0/24\n9.9.9.9\n",
    );
    let args = [LATER, &["lookup", "--field", "asn", "-"]].concat();
    let run = place.run_on("asked.txt", &args).expect(1);
    assert_eq!(run.stdout, "15169\n15169\n\n\n\n19281\n", "{run:?}");
}
