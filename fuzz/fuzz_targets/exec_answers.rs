//! Lines of a program's output: an answer is about the address that it names, and says what it found, or why not.

#![no_main]

use ipcascade_core::address::Address;
use ipcascade_core::field::Field;
use ipcascade_core::lookup::Outcome;
use ipcascade_core::section_keys::RESERVED_KEYS;
use ipcascade_fuzz::check_outcome;
use ipcascade_provider_exec::fuzzing::read;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|line: &[u8]| {
    let Ok((address, outcome)) = read(line) else {
        return;
    };
    let object: Value = serde_json::from_slice(line).expect("only JSON is an answer");
    let named = object["address"]
        .as_str()
        .expect("the answer names the address");
    assert_eq!(named.parse::<Address>(), Ok(address));
    check_outcome(address, &outcome);
    match outcome {
        Outcome::Found(finding) => {
            assert!(!finding.fields.is_empty() || finding.prefix.is_some());
            for (name, value) in finding.fields.iter() {
                assert!(!RESERVED_KEYS.contains(&name), "{name}");
                assert_eq!(object.get(name), Some(value));
                let kind = Field::well_known(name).and_then(Field::kind);
                assert!(kind.is_none_or(|kind| kind.is_of(value)), "{name} {value}");
            }
        }
        Outcome::NotFound => assert_eq!(object["found"], Value::Bool(false)),
        Outcome::Failed(failure) | Outcome::Deferred(failure) => {
            assert!(!failure.message.chars().any(char::is_control))
        }
    }
});
