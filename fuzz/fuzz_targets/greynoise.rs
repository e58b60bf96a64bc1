//! Answers of GreyNoise: one that is believed names the address it is about, and has a verdict.

#![no_main]

use ipcascade_core::address::Address;
use ipcascade_core::lookup::Outcome;
use ipcascade_fuzz::check_outcome;
use ipcascade_provider_greynoise::fuzzing::{community, multi, single};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|data: &[u8]| {
    let [choice, body @ ..] = data else {
        return;
    };
    let asked = ["192.0.2.1", "198.51.100.7"].map(|text| text.parse::<Address>().unwrap());
    let [first, _] = asked;
    let is_not_found = choice & 1 != 0;
    let object: Option<Map<String, Value>> = serde_json::from_slice(body).ok();
    for read in [community, single] {
        let outcome = read(first, is_not_found, body);
        check(first, &outcome);
        if let Outcome::Found(finding) = outcome {
            let object = object.as_ref().expect("only an object is an answer");
            let said = object
                .get("ip")
                .and_then(Value::as_str)
                .expect("the answer names the address");
            assert_eq!(said.parse(), Ok(first));
            if is_not_found {
                assert_eq!(finding.fields.get("observed"), Some(&Value::Bool(false)));
            }
        }
    }
    let outcomes = multi(&asked, body);
    assert_eq!(outcomes.len(), asked.len());
    for (address, outcome) in asked.into_iter().zip(&outcomes) {
        check(address, outcome);
    }
});

fn check(address: Address, outcome: &Outcome) {
    check_outcome(address, outcome);
    match outcome {
        Outcome::Found(finding) => {
            let verdicts = ["noise", "riot", "withheld"];
            assert!(
                verdicts
                    .iter()
                    .any(|name| finding.fields.get(name).is_some())
            );
        }
        Outcome::Failed(failure) | Outcome::Deferred(failure) => {
            assert!(!failure.message.is_empty());
        }
        Outcome::NotFound => panic!("that an address is not observed is an answer"),
    }
}
