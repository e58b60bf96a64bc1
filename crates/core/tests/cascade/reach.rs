//! Which addresses a step sees.

use ipcascade_core::capabilities::Families;
use ipcascade_core::cascade::{Cascade, Disposition, Step};
use ipcascade_core::field::Field;
use serde_json::{Value, json};

use crate::run::{Run, default_steps, section};
use crate::table::{Table, geo, whois};

#[tokio::test]
async fn no_step_sees_an_address_that_is_not_global() {
    let run = Run::new(default_steps());
    let resolutions = run
        .resolve(&["10.0.0.1", "fe80::1", "100.64.1.1"], json!({}))
        .await;
    assert_eq!((run.asked(0), run.asked(1)), (0, 0));
    assert!(resolutions.iter().all(|r| {
        r.document.is_special()
            && r.trace
                .iter()
                .all(|step| matches!(step, Disposition::NotGlobal))
    }));
}

#[tokio::test]
async fn a_provider_for_ipv4_is_not_asked_for_ipv6() {
    let mut steps = default_steps();
    steps[0].0.capabilities.families = Families::Ipv4;
    let run = Run::new(steps);
    let resolutions = run.resolve(&["2001:500:2::c"], json!({})).await;
    assert_eq!(run.asked(0), 0);
    assert!(matches!(resolutions[0].trace[0], Disposition::OtherFamily));
}

#[tokio::test]
async fn what_is_known_of_an_ipv4_address_inside_is_known_of_the_address_and_marked() {
    let (mut geo, whois) = (geo(), whois());
    geo.known.insert(
        "198.41.0.4".parse().unwrap(),
        json!({"asn": 1, "prefix": "198.41.0.0/24"}),
    );
    geo.known
        .insert("2002:c629:4::9".parse().unwrap(), json!({"asn": 9}));
    let run = Run::new(vec![(geo, vec![]), (whois, vec![Field::ASN])]);
    let nat64 = "64:ff9b::c629:4";
    let all = [
        nat64,
        "2002:c629:4::1",
        "2002:c629:4::9",
        "64:ff9b::c001:203",
    ];
    let resolutions = run.resolve(&all, json!({})).await;
    let of = |row: usize| section(&resolutions[row], "geo").unwrap();
    assert_eq!(of(0)["asn"], 1);
    assert_eq!(of(0)["embedded_ipv4"], "198.41.0.4");
    assert_eq!(of(0)["prefix"], "64:ff9b::c629:0/120");
    assert_eq!(of(1)["prefix"], "2002:c629::/40");
    let policy = run.cascade.policy();
    let address = nat64.parse().unwrap();
    let view = policy.merged_view(address, &resolutions[0].document);
    let marks = view
        .iter()
        .filter(|(field, _)| *field == Field::EMBEDDED_IPV4);
    assert_eq!(marks.count(), 1);
    // What is known about the address itself takes precedence.
    assert_eq!(
        (&of(2)["asn"], of(2).get("embedded_ipv4")),
        (&json!(9), None)
    );
    assert_eq!(of(3)["found"], false);
    // A look-up that finds nothing asks twice; of the others only the last has no AS.
    assert_eq!((run.asked(0), run.asked(1)), (7, 2));

    let stored: Value = serde_json::from_str(&resolutions[0].document.to_json()).unwrap();
    let again = run.resolve(&[nat64], stored).await;
    assert!(matches!(again[0].trace[0], Disposition::Fresh));
}

#[tokio::test]
async fn a_provider_for_ipv4_is_asked_for_the_address_inside() {
    let mut steps = default_steps();
    steps[0].0.capabilities.families = Families::Ipv4;
    let run = Run::new(steps);
    let resolutions = run.resolve(&["64:ff9b::c629:4"], json!({})).await;
    assert_eq!(run.asked(0), 1);
    let geo = section(&resolutions[0], "geo").unwrap();
    assert_eq!(geo["embedded_ipv4"], "198.41.0.4");
}

#[tokio::test]
async fn only_an_offline_provider_sees_private_addresses_and_only_if_it_is_to() {
    let private = "10.0.0.1";
    let table = |online: bool| {
        let mut table = Table::new("geo", &[(private, json!({"asn": 64_600, "city": "Lab"}))]);
        table.capabilities.online = online;
        table
    };
    let inside = "64:ff9b::10.0.0.1";
    for (online, to_see, is_seen) in [
        (true, true, false),
        (false, false, false),
        (false, true, true),
    ] {
        let mut run = Run::new(vec![(table(online), vec![])]);
        let steps = run.cascade.steps().iter().cloned();
        let steps = steps.map(|step| Step {
            private: to_see,
            ..step
        });
        run.cascade = Cascade::new(steps.collect(), run.cascade.policy().clone());
        let resolutions = run.resolve(&[private], json!({})).await;
        let resolution = &resolutions[0];
        assert!(resolution.document.is_special() && resolution.update.special_purpose.is_some());
        let found = section(resolution, "geo");
        assert_eq!(found.is_some(), is_seen);
        if let Some(found) = found {
            assert_eq!(found["city"], "Lab");
            let within = run.resolve(&[inside], json!({})).await;
            assert!(within[0].document.is_special());
            assert_eq!(
                section(&within[0], "geo").unwrap()["embedded_ipv4"],
                private
            );
            continue;
        }
        assert_eq!(run.asked(0), 0);
        assert!(matches!(resolution.trace[0], Disposition::NotGlobal));
    }
}
