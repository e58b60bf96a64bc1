//! The provider meets the conformance kit, in each of its modes.

use ipcascade_core::lookup::FailureClass;
use ipcascade_provider_greynoise as _;
use ipcascade_testkit::peers::closed_port;
use ipcascade_testkit::peers::http::{HttpPeer, last_segment};
use ipcascade_testkit::{
    ExpectedClass, Failing, Known, Subject, WrongSettings, provider_conformance,
};
use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use crate::common::*;

const SCANNER: &str = "198.41.0.4";
const SERVICE: &str = "192.33.4.12";
const UNSEEN: &str = "199.9.14.201";

fn is_transient(class: &FailureClass) -> bool {
    *class == FailureClass::Transient
}

fn is_permanent(class: &FailureClass) -> bool {
    *class == FailureClass::Permanent
}

fn is_spent(class: &FailureClass) -> bool {
    matches!(class, FailureClass::QuotaSpent(Some(_)))
}

fn is_unusable(class: &FailureClass) -> bool {
    *class == FailureClass::Unusable
}

/// A service that knows two addresses, whatever the call.
struct Sound;

/// The addresses that a request is about.
fn asked(request: &Request) -> Vec<String> {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    match body["ips"].as_array() {
        Some(ips) => ips
            .iter()
            .filter_map(|ip| ip.as_str().map(str::to_owned))
            .collect(),
        None => vec![last_segment(request).to_owned()],
    }
}

impl Sound {
    fn respond(request: &Request) -> ResponseTemplate {
        let path = request.url.path();
        if let Ok(body) = serde_json::from_slice::<Value>(&request.body) {
            let asked = body["ips"].as_array().into_iter().flatten();
            let asked: Vec<&str> = asked.filter_map(Value::as_str).collect();
            let known = asked.iter().copied().filter(|ip| *ip != UNSEEN);
            let unknown = asked.iter().copied().filter(|ip| *ip == UNSEEN);
            return ResponseTemplate::new(200).set_body_json(json!({
                "data": known.map(record).collect::<Vec<_>>(),
                "request_metadata": {"ips_not_found": unknown.collect::<Vec<_>>()},
            }));
        }
        match path.rsplit('/').next().unwrap_or_default() {
            UNSEEN => ResponseTemplate::new(404)
                .set_body_json(json!({"ip": UNSEEN, "noise": false, "riot": false})),
            ip if path.contains("/community/") => {
                let noise = ip == SCANNER;
                let body = json!({
                    "ip": ip, "noise": noise, "riot": !noise, "classification": "benign", "name": "Some Scanner",
                });
                ResponseTemplate::new(200).set_body_json(body)
            }
            ip => ResponseTemplate::new(200).set_body_json(record(ip)),
        }
    }
}

fn record(ip: &str) -> Value {
    let noise = ip == SCANNER;
    json!({
        "ip": ip,
        "business_service_intelligence": {"found": !noise},
        "internet_scanner_intelligence": {"found": noise, "classification": "benign", "actor": "Some Scanner"},
    })
}

fn settings(uri: &str, mode: &str) -> String {
    let key = match mode {
        "community" => String::new(),
        _ => format!("api_key = \"{KEY}\"\n"),
    };
    format!(
        "mode = \"{mode}\"\nbase_url = \"{uri}\"\n{key}timeout = \"1s\"\n\
         rate_limit = {{ per_second = 10000.0, burst = 100 }}\n"
    )
}

/// Adds the facts about an address of each kind.
fn described(subject: Subject) -> Subject {
    subject
        .knows_all()
        .known(Known::new(SCANNER, [("noise", true), ("riot", false)]))
        .known(Known::new(SERVICE, [("noise", false), ("riot", true)]))
        .known(Known::new(UNSEEN, [("noise", false), ("observed", false)]))
        .wrong_settings(WrongSettings::new("mode = \"fast\"", "mode"))
        .wrong_settings(WrongSettings::new("batch_size = 0", "batch_size"))
        .wrong_settings(WrongSettings::new("api_key = 1.5", "api_key"))
}

async fn online(mode: &str) -> Subject {
    let sound = HttpPeer::responding(Sound::respond).await;
    let described = described(Subject::linked("greynoise", settings(&sound.uri(), mode)));
    let mut subject = described.hears(sound.hears(asked));
    // A service that repeats the key in its error messages.
    let complaint = json!({"message": format!("no access for {KEY}"), "retry_after": 3600});
    let status = |status| ResponseTemplate::new(status).set_body_json(&complaint);
    let silence = ResponseTemplate::new(200).set_delay(std::time::Duration::from_secs(600));
    let failures: [(ResponseTemplate, ExpectedClass); 7] = [
        (status(500), is_transient),
        (status(400), is_permanent),
        (status(401), is_unusable),
        (status(403), is_unusable),
        (status(429), is_spent),
        (
            ResponseTemplate::new(200).set_body_string("{\"ip\": "),
            is_transient,
        ),
        (silence, is_transient),
    ];
    for (answer, expected) in failures {
        let peer = HttpPeer::responding(move |_| answer.clone()).await;
        let settings = settings(&peer.uri(), mode);
        subject = subject
            .failing(Failing::new(settings, SCANNER, expected))
            .keep(peer);
    }
    if mode != "community" {
        subject = subject.secret(KEY);
    }
    let nobody = settings(&format!("http://{}", closed_port().await), mode);
    subject
        .failing(Failing::new(nobody, SCANNER, is_transient))
        .keep(sound)
}

async fn offline() -> Subject {
    let folder = tempfile::tempdir();
    let Ok(folder) = folder else {
        panic!("no temporary folder");
    };
    let file = psychic_file(folder.path());
    let settings = format!("mode = \"psychic\"\nfile = {file:?}");
    Subject::linked("greynoise", settings)
        .knows_all()
        .known(Known::new(SCANNER, [("classification", "brand-new")]))
        .known(Known::new("198.41.0.5", [("classification", "benign")]))
        .known(Known::new(UNSEEN, [("observed", false)]))
        .wrong_settings(WrongSettings::new("mode = \"psychic\"\nfile = 7", "file"))
        .keep(folder)
}

provider_conformance!(community, online("community"));
provider_conformance!(single, online("single"));
provider_conformance!(quick, online("quick"));
provider_conformance!(multi, online("multi"));
provider_conformance!(auto, online("auto"));
provider_conformance!(psychic, offline());
