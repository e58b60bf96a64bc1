//! Events of honeypots, behind and inside what other programs write.

use crate::bench::Bench;
use crate::programs::stored::{EVENT, OF_EVENT, check, escaped, stored};

#[test]
fn events_are_found_behind_what_programs_put_before_them() {
    for before in [
        "<134>1 2025-03-01T10:00:00Z hp1 cowrie 812 - - ",
        "<134>1 2025-03-01T10:00:00Z hp1 cowrie 812 - [a@1 b=\"c\"] ",
        "Mar  1 10:00:00 hp1 cowrie[812]: ",
        "cowrie-1  | 2025-03-01T10:00:05.1Z ",
        "\u{1b}[36mcowrie-1  | \u{1b}[0m",
        "2025-03-01T10:00:05.123Z ",
        "2025-03-01T10:00:05Z\tcowrie\t",
        "2025-03-01T10:00:05Z {host=\"hp1\"} ",
        "[pod/cowrie-0/cowrie] ",
        "2025-03-01T10:00:05.1Z stdout F ",
    ] {
        check(format!("{before}{EVENT}\n"), &[], OF_EVENT);
    }
    // Among lines of something else.
    let nginx = "9.9.9.9 - - [01/Mar/2025:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5\n";
    for before in [
        "<134>1 2025-03-01T10:00:00Z hp1 cowrie 812 - - ",
        "cowrie-1  | ",
        "[pod/cowrie-0/cowrie] ",
        "2025-03-01T10:00:05.1Z stdout F ",
    ] {
        let mixed = format!("{}{before}{EVENT}\n", nginx.repeat(12));
        check(
            mixed,
            &[],
            &format!("{OF_EVENT}, 9.9.9.9 2025-03-01T10:00:00Z"),
        );
    }
    let sshd = "Mar  1 10:00:00 hp1 sshd[1]: Failed password for root from 9.9.9.9 port 1 ssh2\n";
    let shared = format!(
        "{}Mar  1 10:00:00 hp1 cowrie[812]: {EVENT}\n",
        sshd.repeat(5)
    );
    let bench = Bench::new();
    bench.write("input", shared);
    bench.run(&["enrich", "input"]);
    assert!(stored(&bench).starts_with(OF_EVENT), "{}", stored(&bench));
}

#[test]
fn events_are_found_in_what_programs_wrap_them_in() {
    let text = escaped(EVENT);
    let cell = EVENT.replace('"', "\"\"");
    let prefixed = escaped(&format!("Mar  1 10:00:00 hp1 cowrie[1]: {EVENT}"));
    for wrapped in [
        format!("{{\"version\":\"1.1\",\"short_message\":{text}}}"),
        format!("{{\"msg\":{text}}}"),
        format!("{{\"@timestamp\":\"2025-03-02T00:00:00Z\",\"@message\":{text}}}"),
        format!("{{\"host\":\"h\",\"event\":{EVENT}}}"),
        format!("{{\"index\":\"graylog_0\",\"message\":{EVENT}}}"),
        format!("{{\"message\":{prefixed}}}"),
        format!(
            "{{\"took\":1,\"hits\":{{\"total\":1,\"hits\":[{{\"_id\":\"1\",\"_source\":{EVENT}}}]}}}}"
        ),
        format!(
            "{{\"events\":[{{\"timestamp\":1740909600000,\"message\":{text}}}],\"next\":null}}"
        ),
        format!(
            "\"timestamp\",\"source\",\"message\"\n\"2025-03-02T00:00:00Z\",\"10.0.0.9\",\"{cell}\"\n"
        ),
        format!("timestamp,message\n1740909600000,\"{cell}\"\n"),
    ] {
        check(wrapped, &[], OF_EVENT);
    }
}

#[test]
fn lines_that_container_engines_have_cut_are_whole() {
    let long = EVENT.replace("\"x\"", &format!("\"{}\"", "x".repeat(20_000)));
    let (first, second) = long.split_at(16_384);
    let docker = |log: &str| {
        format!(
            "{{\"log\":{},\"stream\":\"stdout\",\"time\":\"2025-03-01T10:00:01Z\"}}\n",
            escaped(log)
        )
    };
    check(
        docker(first) + &docker(&format!("{second}\n")),
        &[],
        OF_EVENT,
    );
    let cri = format!(
        "2025-03-01T10:00:01.1Z stdout P {first}\n2025-03-01T10:00:01.2Z stdout F {second}\n"
    );
    check(cri, &[], OF_EVENT);
}

/// A machine that passed events on is not their source, if the format is named.
#[test]
fn the_source_of_an_event_can_be_named() {
    let relayed = format!(
        "{{\"source_ip\":\"10.0.0.9\",\"message\":{}}}\n",
        escaped(EVENT)
    );
    check(&relayed, &["--format-in", "cowrie"], OF_EVENT);
    let bench = Bench::new();
    bench.write("input", &relayed);
    let ran = bench.run(&["enrich", "input"]);
    assert!(ran.stderr.contains("--format-in cowrie"), "{}", ran.stderr);
    assert_eq!(stored(&bench), "10.0.0.9 -");
}

#[test]
fn an_event_is_the_same_in_the_search_engine_of_t_pot() {
    let bench = Bench::new();
    let shipped = EVENT.replace("\"dst_ip\"", "\"dest_ip\"").replacen(
        '{',
        r#"{"@timestamp":"2025-03-01T10:00:03Z","@version":"1","type":"Cowrie","host":"h","path":"/data","geoip":{"a":1},"t-pot_ip_ext":"192.0.2.1","#,
        1,
    );
    bench.write("cowrie.json", format!("{EVENT}\n"));
    bench.write("shipped.json", format!("{shipped}\n"));
    bench.run(&["enrich", "cowrie.json"]);
    bench.run(&["enrich", "shipped.json"]);
    let sessions = bench.run(&["session", "export"]).lines();
    assert_eq!(sessions[0]["event_count"], 1, "{sessions:?}");
}
