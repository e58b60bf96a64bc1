//! The checks: each panics, saying what is wrong, when the provider does not do as it must.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use chrono::Utc;
use ipcascade_core::{
    Address, Cascade, Document, Families, Outcome, Policy, PolicySource, Provider, Question,
    Registry, Renew, Step, special_purpose,
};

use crate::Subject;
use crate::recorder::Recorder;

const NON_GLOBAL: [&str; 12] = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.1.1",
    "172.16.0.1",
    "192.168.1.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "fd00::1",
    "fe80::1",
];

async fn check_batch(subject: &Subject, provider: &dyn Provider, batch: &[Address]) {
    let answers = provider.look_up(batch).await;
    assert_eq!(
        answers.outcomes.len(),
        batch.len(),
        "there must be one outcome for each address"
    );
    for (&address, outcome) in batch.iter().zip(&answers.outcomes) {
        subject.check_outcome(address, outcome);
    }
}

/// What it declares is sound, agrees with what it is registered as, and is linked.
pub async fn declaration(subject: &Subject) {
    let factory = subject.factory;
    let name = factory.name.as_str();
    assert!(
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
        "the name `{name}` is not of lower case letters, digits and `_`"
    );
    assert!(!factory.description.is_empty(), "no description");
    let example: toml::Table = match factory.example.parse() {
        Ok(example) => example,
        Err(error) => panic!("the example is no TOML: {error}"),
    };
    let table = example.get("providers").and_then(|all| all.get(name));
    assert!(table.is_some(), "the example has no [providers.{name}]");

    let registry = match Registry::linked() {
        Ok(registry) => registry,
        Err(error) => panic!("{error}"),
    };
    assert!(
        registry.providers().any(|other| other.name == factory.name),
        "`inventory::submit!` is missing"
    );

    let provider = subject.build();
    let capabilities = provider.capabilities();
    assert_eq!(capabilities.name, factory.name);
    assert!(
        capabilities.batch_size >= 1 && capabilities.concurrency >= 1,
        "batch size and concurrency are at least 1"
    );
    assert!(
        factory.online || !capabilities.online,
        "it goes online, but is not registered so"
    );
    for &field in &capabilities.fields {
        assert!(
            factory.fields.iter().any(|source| source.field == field),
            "`{field}` is declared, but not where the section holds it"
        );
    }
}

/// One outcome for each address, in the order of the question, whatever that is; none for none.
pub async fn batch_order(subject: &Subject) {
    let provider = subject.build();
    let mut batch = subject.addresses();
    check_batch(subject, &*provider, &[]).await;
    check_batch(subject, &*provider, &batch).await;
    batch.reverse();
    check_batch(subject, &*provider, &batch).await;
    for address in batch {
        check_batch(subject, &*provider, &[address]).await;
    }
}

/// An address that is asked for twice in a batch is answered twice.
pub async fn duplicates(subject: &Subject) {
    let mut batch = subject.addresses();
    batch.extend_from_within(..);
    batch.extend(batch.first().copied());
    check_batch(subject, &*subject.build(), &batch).await;
}

/// IPv6 addresses are answered like IPv4 ones, unless the provider declares that it takes IPv4 only.
pub async fn ipv6(subject: &Subject) {
    let provider = subject.build();
    let mut batch = subject.addresses();
    batch.retain(|address| !address.is_ipv4());
    match provider.capabilities().families {
        Families::Ipv4 => assert!(batch.is_empty(), "it declares IPv4 only: {batch:?}"),
        Families::Both => {
            let is_known = |known: &crate::Known| !known.address.is_ipv4();
            assert!(
                subject.known.iter().any(is_known),
                "describe a known IPv6 address, or declare `Families::Ipv4`"
            );
            check_batch(subject, &*provider, &batch).await;
        }
    }
}

/// A question that is dropped half-way, wherever that is, spoils none that comes later.
pub async fn cancellation(subject: &Subject) {
    let provider = subject.build();
    let batch = subject.addresses();
    for polls in 1..=8_u32 {
        let mut question = provider.look_up(&batch);
        let mut left = polls;
        poll_fn(|context| {
            left -= 1;
            match question.as_mut().poll(context) {
                Poll::Pending if left > 0 => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
        drop(question);
        check_batch(subject, &*provider, &batch).await;
    }
}

/// Failures are of the class expected, say something, and tell no secrets.
pub async fn failures_classified(subject: &Subject) {
    assert!(
        !subject.factory.online || !subject.failing.is_empty(),
        "an online provider can fail: describe how"
    );
    for failing in &subject.failing {
        let provider = subject.build_with(&failing.settings);
        let answers = provider.look_up(&[failing.address]).await;
        let [Outcome::Failed(failure)] = answers.outcomes.as_slice() else {
            panic!("{}: expected one failure: {answers:?}", failing.address);
        };
        assert!(
            (failing.expected)(&failure.class),
            "{}: not of class {:?}: {failure}",
            failing.address,
            failure.class
        );
        assert!(!failure.message.is_empty(), "the failure says nothing");
        assert_no_secret(subject, "a failure", &format!("{failure:?} {provider:?}"));
    }
}

/// `Debug` shows no secret from the settings, before and after a question, nor does an error about
/// settings that hold one.
pub async fn no_secrets(subject: &Subject) {
    for secret in &subject.secrets {
        assert!(
            subject.settings.contains(secret),
            "the settings do not hold the secret: the check could not fail"
        );
    }
    let provider = subject.build();
    assert_no_secret(subject, "Debug", &format!("{provider:?} {provider:#?}"));
    let answers = provider.look_up(&subject.addresses()).await;
    assert_no_secret(subject, "Debug", &format!("{provider:?} {answers:?}"));
    if let Err(error) = subject.try_build(&with_unknown_key(subject)) {
        assert_no_secret(subject, "an error", &format!("{error} {error:?}"));
    }
}

/// An unknown key, and each example of wrong settings, is refused with the key's full name.
pub async fn settings_errors_named(subject: &Subject) {
    assert!(
        !subject.wrong_settings.is_empty(),
        "describe wrong settings"
    );
    assert_refused(subject, &with_unknown_key(subject), UNKNOWN_KEY);
    for wrong in &subject.wrong_settings {
        assert_refused(subject, &wrong.settings, &wrong.key);
    }
}

/// In a cascade, no address that is not global reaches the provider, and those that are global do.
pub async fn non_global_withheld(subject: &Subject) {
    let recorder = Arc::new(Recorder::new(subject.build()));
    let step = Step {
        provider: Arc::clone(&recorder) as Arc<dyn Provider>,
        if_missing: Vec::new(),
    };
    let global = subject.addresses();
    let mut addresses: Vec<Address> = NON_GLOBAL.iter().filter_map(|a| a.parse().ok()).collect();
    addresses.extend(&global);
    let questions = addresses
        .into_iter()
        .map(|address| Question {
            address,
            known: Document::default(),
        })
        .collect();
    let source = PolicySource {
        name: subject.factory.name,
        fields: subject.factory.fields,
    };
    Cascade::new(vec![step], Policy::new(vec![source]))
        .resolve(questions, Utc::now(), Renew::Everything)
        .await;
    let asked = recorder.asked();
    for &address in &asked {
        let purpose = special_purpose(address);
        assert!(purpose.is_none(), "it was asked for {address}: {purpose:?}");
    }
    for address in global {
        assert!(
            asked.contains(&address),
            "{address} is described, but never asked for: is it global?"
        );
    }
}

const UNKNOWN_KEY: &str = "no_such_setting";

/// In front: behind, it might fall into a table of the settings.
fn with_unknown_key(subject: &Subject) -> String {
    format!("{UNKNOWN_KEY} = 1\n{}", subject.settings)
}

fn assert_refused(subject: &Subject, settings: &str, key: &str) {
    let error = match subject.try_build(settings) {
        Err(error) => error.to_string(),
        Ok(built) => panic!("these settings were taken ({built:?}):\n{settings}"),
    };
    let key = format!("providers.{}.{key}", subject.factory.name);
    assert!(error.contains(&key), "`{key}` is not named: {error}");
    assert_no_secret(subject, "an error", &error);
}

fn assert_no_secret(subject: &Subject, place: &str, text: &str) {
    for secret in &subject.secrets {
        assert!(!text.contains(secret.as_str()), "{place} shows a secret");
    }
}
