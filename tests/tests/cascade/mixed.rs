//! The good case: which provider is asked about which address, and how that is reported.

use std::collections::BTreeSet;

use crate::world::{IN_FILE, Lines, Peers, World, owned, tally};

const NOT_GLOBAL: [&str; 8] = [
    "10.0.0.1",
    "127.0.0.1",
    "100.64.7.7",
    "169.254.1.1",
    "192.168.1.1",
    "224.0.0.5",
    "fe80::1",
    "fd00::7",
];
const GLOBAL: [&str; 7] = [
    "198.41.0.4",
    "2001:503:ba3e::2:30",
    "192.33.4.12",
    "192.33.4.13",
    "5.7.1.1",
    "2001:500:2::c",
    "199.9.14.201",
];

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn each_is_asked_only_for_what_those_before_left_open() {
    let (peers, world) = World::sound().await;
    let mut addresses = owned(&GLOBAL);
    addresses.extend(owned(&NOT_GLOBAL));
    addresses.extend(owned(&[
        "::ffff:198.41.0.4",
        "192.33.4.12",
        "2001:0500:0002::000c",
    ]));
    let (summary, _) = world.enrich(&addresses, 0);
    assert_eq!(summary["addresses"], 15, "{summary}");
    assert_eq!(summary["bogons"], 8);
    let maxmind = tally(&summary, "maxmind");
    assert_eq!(
        (&maxmind["asked"], &maxmind["found"]),
        (&7.into(), &2.into())
    );
    let cymru = tally(&summary, "cymru");
    assert_eq!((&cymru["asked"], &cymru["found"]), (&5.into(), &4.into()));
    assert_eq!(cymru["not_needed"], 2);
    let greynoise = tally(&summary, "greynoise");
    assert_eq!(
        (&greynoise["asked"], &greynoise["other_family"]),
        (&5.into(), &2.into())
    );

    let nibbles = "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.0.0.5.0.1.0.0.2";
    let origins = [
        "0.4.33.192.origin.asn.cymru.com.".to_owned(),
        "1.1.7.5.origin.asn.cymru.com.".to_owned(),
        "201.14.9.199.origin.asn.cymru.com.".to_owned(),
        format!("c.{nibbles}.origin6.asn.cymru.com."),
    ];
    assert_eq!(
        peers.origins_asked(),
        origins,
        "one question for a /24, none for what is known"
    );
    let systems: BTreeSet<String> = peers.dns.asked().into_iter().collect();
    assert_eq!(
        systems.len(),
        4 + 3,
        "each AS is asked for once: {systems:?}"
    );
    assert!(peers.whois.sessions().is_empty());
    assert_eq!(
        peers.greynoise.asked(),
        [
            "192.33.4.12",
            "192.33.4.13",
            "198.41.0.4",
            "199.9.14.201",
            "5.7.1.1"
        ]
    );
    assert!(
        peers
            .greynoise
            .seen()
            .iter()
            .all(|seen| seen.path.starts_with("/v3/community/"))
    );

    world.run(&["verify"]).expect(0);
    let (again, _) = world.enrich(&addresses, 0);
    assert_eq!(again["fresh"], 7, "{again}");
    assert_eq!(peers.greynoise.seen().len(), 5, "nobody is asked twice");
    assert_eq!(peers.origins_asked().len(), 4);

    sources_are_named(&world);
}

fn sources_are_named(world: &World) {
    let both = world.stored("198.41.0.4");
    assert_eq!(both["asn"], IN_FILE, "{both}");
    assert_eq!(both["sources"]["asn"], "maxmind");
    assert_eq!(both["sources"]["classification"], "greynoise");
    assert!(both["sections"].get("cymru").is_none());

    let far = world.stored("192.33.4.13");
    assert_eq!(far["asn"], 204_533);
    assert_eq!(far["sources"]["asn"], "cymru");
    assert_eq!(far["sources"]["registry"], "cymru");

    let text = world
        .run(&["--offline", "lookup", "192.33.4.13"])
        .expect(0)
        .stdout;
    for (field, value, source) in [
        ("asn", "AS204533", "cymru"),
        ("asn_org", "NET-204533, DE", "cymru"),
        ("noise", "true", "greynoise"),
    ] {
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("{field} ")));
        let line = line.unwrap_or_else(|| panic!("no {field} in:\n{text}"));
        assert!(line.contains(value) && line.contains(source), "{line}");
    }

    let unknown = world.stored("199.9.14.201");
    assert!(unknown.get("asn").is_none(), "{unknown}");
    assert_eq!(unknown["sources"]["noise"], "greynoise");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_addresses_go_to_whois_in_one_session() {
    let peers = Peers::sound().await;
    let world = World::new();
    let config = world.configure(peers.services(), Lines::default());
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(
        &config,
        text.replace("threshold = 1000000", "threshold = 3"),
    )
    .unwrap();
    let addresses = owned(&[
        "5.7.1.1",
        "5.8.1.1",
        "5.9.1.1",
        "5.10.1.1",
        "198.41.0.4",
        "10.1.1.1",
    ]);
    let (summary, _) = world.enrich(&addresses, 0);
    assert_eq!(tally(&summary, "cymru")["found"], 4, "{summary}");
    assert_eq!(
        peers.whois.sessions(),
        [owned(&[
            "begin", "verbose", "5.7.1.1", "5.8.1.1", "5.9.1.1", "5.10.1.1", "end"
        ])]
    );
    assert_eq!(peers.dns.asked(), Vec::<String>::new());
    assert_eq!(world.stored("5.9.1.1")["asn"], 204_509);
}
