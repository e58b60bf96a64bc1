//! The cascade on providers that answer from a table.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use ipcascade_core::address::Address;
use ipcascade_core::capabilities::{Capabilities, Families};
use ipcascade_core::cascade::{Cascade, Disposition, Question, Renew, Resolution, Step};
use ipcascade_core::clock::{Timestamp, parse_timestamp};
use ipcascade_core::document::Document;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::lookup::{Answers, FailureClass, Finding, LookupFailure, Outcome};
use ipcascade_core::policy::{Policy, PolicySource};
use ipcascade_core::provider::Provider;
use ipcascade_core::provider_name::ProviderName;
use serde_json::{Value, json};

const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::COUNTRY),
    FieldSource::same(Field::NOISE),
];

#[derive(Debug)]
struct Table {
    capabilities: Capabilities,
    known: HashMap<Address, Value>,
    fails: bool,
    /// It panics on this address.
    panics_on: Option<Address>,
    short: bool,
    asked: Mutex<Vec<Address>>,
}

impl Table {
    fn new(name: &'static str, known: &[(&str, Value)]) -> Self {
        let name = ProviderName::new(name);
        let mut capabilities = Capabilities::online(name, Vec::new(), TimeDelta::days(7));
        capabilities.batch_size = 2;
        Self {
            capabilities,
            known: known
                .iter()
                .map(|(ip, value)| (ip.parse().unwrap(), value.clone()))
                .collect(),
            fails: false,
            panics_on: None,
            short: false,
            asked: Mutex::default(),
        }
    }
}

#[async_trait]
impl Provider for Table {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        self.asked.lock().unwrap().extend(addresses);
        let bug = self.panics_on.filter(|address| addresses.contains(address));
        assert!(bug.is_none(), "a bug with {bug:?}");
        if self.fails {
            let failure = LookupFailure::new(FailureClass::Transient, "the peer is down");
            return Answers::all_failed(addresses.len(), &failure);
        }
        let answer = |address: &Address| match self.known.get(address) {
            Some(Value::Object(fields)) => Outcome::Found(Finding {
                fields: fields.clone().into(),
                prefix: None,
            }),
            _ => Outcome::NotFound,
        };
        let mut outcomes: Vec<Outcome> = addresses.iter().map(answer).collect();
        if self.short {
            outcomes.pop();
        }
        Answers::unversioned(outcomes)
    }
}

fn now() -> Timestamp {
    parse_timestamp("2026-11-01T00:00:00Z").unwrap()
}

/// The section of `provider` in `resolution`.
fn section(resolution: &Resolution, provider: &str) -> Option<Value> {
    let section = resolution.document.section(provider)?;
    Some(Value::Object(section.to_map()))
}

struct Run {
    providers: Vec<Arc<Table>>,
    cascade: Cascade,
}

impl Run {
    fn new(steps: Vec<(Table, Vec<Field>)>) -> Self {
        let mut providers = Vec::new();
        let mut cascade = Vec::new();
        for (table, if_missing) in steps {
            let provider = Arc::new(table);
            providers.push(Arc::clone(&provider));
            cascade.push(Step {
                provider,
                if_missing,
                private: false,
            });
        }
        let sources = providers
            .iter()
            .map(|provider| PolicySource {
                name: provider.capabilities.name,
                fields: FIELDS.into(),
            })
            .collect();
        Self {
            providers,
            cascade: Cascade::new(cascade, Policy::new(sources)),
        }
    }

    async fn resolve(&self, addresses: &[&str], known: Value) -> Vec<Resolution> {
        let questions = addresses
            .iter()
            .map(|address| Question {
                address: address.parse().unwrap(),
                known: Document::from_value(known.clone()).0,
            })
            .collect();
        let resolved = self.cascade.resolve(questions, now(), Renew::Stale).await;
        resolved.resolutions().collect()
    }

    fn asked(&self, index: usize) -> usize {
        self.providers[index].asked.lock().unwrap().len()
    }
}

fn geo() -> Table {
    Table::new(
        "geo",
        &[
            ("198.41.0.4", json!({"asn": 1, "country": "US"})),
            ("199.9.14.201", json!({"country": "US"})),
        ],
    )
}

fn whois() -> Table {
    Table::new(
        "whois",
        &[
            ("199.9.14.201", json!({"asn": 2})),
            ("192.33.4.12", json!({"asn": 3})),
        ],
    )
}

fn default_steps() -> Vec<(Table, Vec<Field>)> {
    vec![(geo(), vec![]), (whois(), vec![Field::ASN])]
}

#[tokio::test]
async fn a_conditional_step_is_asked_only_for_what_is_missing() {
    let run = Run::new(default_steps());
    let all = ["198.41.0.4", "199.9.14.201", "192.33.4.12", "192.5.5.241"];
    let resolutions = run.resolve(&all, json!({})).await;
    assert_eq!((run.asked(0), run.asked(1)), (4, 3));
    let asns: Vec<Option<u32>> = resolutions
        .iter()
        .map(|r| {
            run.cascade
                .policy()
                .attribution(r.update.address, &r.document)
        })
        .map(|attribution| attribution.map(|(asn, _)| asn.get()))
        .collect();
    assert_eq!(asns, [Some(1), Some(2), Some(3), None]);
    assert!(matches!(resolutions[0].trace[1], Disposition::NotNeeded));
}

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
async fn fresh_sections_are_not_looked_up_again_and_each_ages_by_itself() {
    let run = Run::new(default_steps());
    let known = json!({
        "geo": {"country": "US", "cached_at": "2026-10-31T00:00:00Z"},
        "whois": {"asn": 9, "cached_at": "2026-10-01T00:00:00Z"},
    });
    let resolutions = run.resolve(&["199.9.14.201"], known).await;
    assert_eq!(
        (run.asked(0), run.asked(1)),
        (0, 1),
        "only the stale section is looked up"
    );
    assert!(matches!(
        resolutions[0].trace[..],
        [Disposition::Fresh, Disposition::Found]
    ));
    assert_eq!(resolutions[0].update.answers.len(), 1);
}

#[tokio::test]
async fn a_stale_answer_for_a_field_does_not_keep_others_from_being_asked() {
    let mut steps = default_steps();
    steps[0].0.fails = true;
    let run = Run::new(steps);
    let known = json!({"geo": {"asn": 7, "cached_at": "2026-01-01T00:00:00Z"}});
    let resolutions = run.resolve(&["192.33.4.12"], known).await;
    assert_eq!(run.asked(1), 1);
    let document = &resolutions[0].document;
    assert!(document.section("geo").is_some(), "the old section stays");
    assert!(document.failure("geo").is_some() && document.failure("whois").is_none());
}

#[tokio::test]
async fn a_section_about_another_prefix_is_looked_up_again() {
    let run = Run::new(default_steps());
    let known = json!({
        "whois": {"asn": 7, "prefix": "4.33.192.0/24", "cached_at": "2026-10-31T00:00:00Z"},
    });
    run.resolve(&["192.33.4.12"], known).await;
    assert_eq!(run.asked(1), 1);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_each_address_has_failed() {
    let mut steps = default_steps();
    steps[0].0.short = true;
    let run = Run::new(steps);
    let resolutions = run.resolve(&["198.41.0.4", "192.33.4.12"], json!({})).await;
    assert!(
        resolutions
            .iter()
            .all(|r| matches!(r.trace[0], Disposition::Failed(_)))
    );
    assert!(
        matches!(resolutions[1].trace[1], Disposition::Found),
        "the others still answer"
    );
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

#[tokio::test]
async fn a_provider_that_panics_affects_no_other() {
    let known = [
        ("198.41.0.4", json!({"asn": 1})),
        ("198.41.0.5", json!({"asn": 2})),
    ];
    let mut broken = Table::new("broken", &known);
    broken.panics_on = Some("198.41.0.5".parse().unwrap());
    let other = Table::new("other", &[("198.41.0.5", json!({"country": "NL"}))]);
    let run = Run::new(vec![(broken, Vec::new()), (other, Vec::new())]);
    let resolutions = run.resolve(&["198.41.0.4", "198.41.0.5"], json!({})).await;
    assert_eq!(section(&resolutions[0], "broken").unwrap()["asn"], 1);
    assert!(section(&resolutions[1], "broken").is_none());
    assert_eq!(section(&resolutions[1], "other").unwrap()["country"], "NL");
    let failure = match &resolutions[1].trace[0] {
        Disposition::Failed(failure) => Some(failure),
        _ => None,
    };
    let failure = failure.unwrap();
    assert_eq!(failure.class, FailureClass::Permanent);
    assert!(failure.to_string().contains("a bug with"), "{failure}");
    assert!(failure.to_string().contains("198.41.0.5"), "{failure}");
}
