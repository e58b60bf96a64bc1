//! Which addresses a feed has.

use crate::inventory::{empty, execute, feed, sandbox};

#[test]
fn conditions_of_an_export_hold_for_a_feed() {
    let sandbox = sandbox();
    for (args, expected) in [
        (
            &["--since", "2026-03-08"][..],
            &["8.8.8.10", "8.8.8.11", "2606:4700:4700::1110"][..],
        ),
        (
            &["--since", "3d"],
            &["8.8.8.10", "8.8.8.11", "2606:4700:4700::1110"],
        ),
        (&["--min-sessions", "2"], &["8.8.8.8", "9.9.9.9"]),
        (&["--classification", "malicious"], &["9.9.9.9"]),
        (
            &["--country", "us", "--where", "session_count<2"],
            &["9.9.9.9"],
        ),
        (&["--prefix", "8.8.8.8/31"], &["8.8.8.8", "8.8.8.9"]),
        (
            &["--asn", "13335", "--prefix", "2606::/16"],
            &["2606:4700:4700::1110", "2606:4700:4700::1111"],
        ),
        (
            &[
                "--with-bogons",
                "--since",
                "2026-03-03",
                "--until",
                "2026-03-04",
            ],
            &["9.9.9.9", "192.0.2.7", "2001:db8::1"],
        ),
    ] {
        let run = feed(&sandbox, "plain", args).expect(0);
        let lines: Vec<&str> = run.stdout.lines().collect();
        assert_eq!(lines, expected, "{args:?}");
        // What is said of addresses is read from the same rows.
        let stix = feed(&sandbox, "stix", args).expect(0).stdout;
        assert_eq!(
            stix.matches("\"type\":\"indicator\"").count(),
            lines.len(),
            "{args:?}"
        );
    }
}

#[test]
fn what_is_excluded_is_in_no_format() {
    let sandbox = sandbox();
    let list = "# ours\r\n8.8.8.9\r\n\r\n 2606:4700:4700::/48 # a network\r\n1.1.1.0-1.1.1.255\r\n";
    sandbox.write("allowed.txt", list);
    let run = feed(
        &sandbox,
        "cidr",
        &["--exclude", "allowed.txt", "--exclude", "9.9.9.9"],
    )
    .expect(0);
    assert_eq!(run.stdout, "8.8.8.8/32\n8.8.8.10/31\n8.8.9.0/32\n");
    assert!(
        run.stderr.contains("left out 5 addresses: excluded\n"),
        "{run:?}"
    );
    let args = [
        "--db",
        "a.db",
        "ip",
        "export",
        "--feed",
        "stix",
        "--exclude",
        "-",
    ];
    let run = sandbox.run_on("allowed.txt", &args).expect(0);
    assert_eq!(run.stdout.matches("\"type\":\"indicator\"").count(), 5);
    assert!(!run.stdout.contains("'8.8.8.9'"), "{run:?}");
    assert!(
        run.stderr.contains("left out 4 addresses: excluded\n"),
        "{run:?}"
    );
}

#[test]
fn own_scanners_of_the_configuration_are_left_out() {
    let sandbox = sandbox();
    sandbox.write(
        "ipcascade.toml",
        "[input]\nexclude = ['8.8.0.0/16', '9.9.9.9']\n",
    );
    let run = feed(&sandbox, "plain", &["--exclude", "::/0"]).expect(0);
    assert_eq!(run.stdout, "1.1.1.1\n");
}

#[test]
fn a_list_that_is_not_understood_is_refused_with_its_line() {
    let sandbox = sandbox();
    sandbox.write("allowed.txt", "8.8.8.8\n8.8.8.300\n");
    for exclude in ["allowed.txt", "missing.txt", "8.8.8.0/33"] {
        let place = match exclude {
            "allowed.txt" => "allowed.txt:2: ",
            other => other,
        };
        let run = feed(&sandbox, "plain", &["--exclude", exclude, "-o", "feed.txt"]).expect(2);
        assert!(run.stderr.contains(place), "{run:?}");
        assert!(run.stdout.is_empty() && !sandbox.path("feed.txt").exists());
    }
    let args = [
        "--db",
        "a.db",
        "ip",
        "export",
        "--feed",
        "plain",
        "--exclude",
        "-",
    ];
    let run = sandbox.run_on("allowed.txt", &args).expect(2);
    assert!(run.stderr.contains("<stdin>:2: "), "{run:?}");
    // Nor is one that was cut off.
    sandbox.write("empty.txt", "# our scanners\n\n");
    let run = feed(
        &sandbox,
        "plain",
        &["--exclude", "empty.txt", "-o", "feed.txt"],
    )
    .expect(2);
    assert!(run.stderr.contains("empty.txt is empty"), "{run:?}");
    // A binary file is not a list either.
    std::fs::write(sandbox.path("allowed.txt"), b"8.8.8.8\n\xff\xfe\x00\n").unwrap();
    feed(&sandbox, "plain", &["--exclude", "allowed.txt"]).expect(2);
}

#[test]
fn more_addresses_than_are_sorted_at_once_come_in_order() {
    let sandbox = empty();
    execute(
        &sandbox,
        &[
            "INSERT INTO ip_inventory (ip_address, first_seen, last_seen) \
           WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 29999) \
           SELECT (11 + i % 3 * 50) || '.' || (i / 3 % 100) || '.' || (i / 300 % 100) || '.7', \
           '2026-03-01', '2026-03-01' FROM n",
        ],
    );
    let plain = feed(&sandbox, "plain", &[]).expect(0).stdout;
    let parsed = plain
        .lines()
        .map(|line| line.parse::<std::net::Ipv4Addr>().unwrap());
    let parsed: Vec<_> = parsed.collect();
    assert_eq!(parsed.len(), 30_000);
    assert!(parsed.is_sorted());
    let stix = feed(&sandbox, "stix", &[]).expect(0).stdout;
    let named = stix.lines().filter_map(|line| {
        let from = line.split("addr:value = '").nth(1)?;
        from.split('\'').next()
    });
    assert!(named.eq(plain.lines()));
}
