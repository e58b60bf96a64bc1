//! The checks: each panics with what is wrong if the provider breaks its contract.

use std::future::poll_fn;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::task::Poll;

use chrono::Utc;
use ipcascade_core::address::Address;
use ipcascade_core::capabilities::Families;
use ipcascade_core::cascade::{Cascade, Question, Renew, Step};
use ipcascade_core::document::Document;
use ipcascade_core::lookup::{Answers, FailureClass, Outcome};
use ipcascade_core::policy::{Policy, PolicySource};
use ipcascade_core::provider::Provider;
use ipcascade_core::special_purpose::special_purpose;
use ipnet::IpNet;
use tokio::task::JoinSet;

use crate::Subject;
use crate::confined::{self, Forbidden};
pub use crate::declared::{declaration, fields_as_declared};
use crate::recorder::CallRecorder;

const NON_GLOBAL: [&str; 15] = [
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
    // With an embedded private IPv4 address: 6to4, NAT64, Teredo.
    "2002:a00:1::1",
    "64:ff9b::192.168.1.1",
    "2001:0:808:808::f5ff:fffe",
];

async fn check_batch(subject: &Subject, provider: &dyn Provider, batch: &[Address]) {
    check_answers(subject, batch, &provider.look_up(batch).await);
}

fn check_answers(subject: &Subject, batch: &[Address], answers: &Answers) {
    assert_eq!(
        answers.outcomes.len(),
        batch.len(),
        "there must be one outcome for each address"
    );
    for (&address, outcome) in batch.iter().zip(&answers.outcomes) {
        subject.check_outcome(address, outcome);
    }
}

/// The version of the provider's data is stable as long as the data is, and so is that of its answers.
pub async fn steady_version(subject: &Subject) {
    let addresses = subject.addresses();
    let (first, second) = (subject.build(), subject.build());
    let version = first.data_version();
    for provider in [&first, &second, &first] {
        assert_eq!(provider.data_version(), version, "of the same data");
        let answers = provider.look_up(&addresses).await;
        assert_eq!(answers.version, version, "of an answer, and of the data");
    }
}

/// One outcome for each address, in the order of the question, whatever that is; none for an empty one.
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

/// An address has the same answer alone, asked of a provider with no state, and in a batch.
pub async fn alone_or_together(subject: &Subject) {
    let batch = subject.addresses();
    let together = subject.build().look_up(&batch).await;
    for (&address, in_company) in batch.iter().zip(&together.outcomes) {
        let answers = subject.build().look_up(&[address]).await;
        match (answers.outcomes.as_slice(), in_company) {
            ([Outcome::Found(alone)], Outcome::Found(in_company)) => {
                assert_eq!(alone, in_company, "{address}: alone, and in company");
            }
            ([Outcome::NotFound], Outcome::NotFound) => {}
            (alone, _) => panic!("{address}: alone {alone:?}, in company {in_company:?}"),
        }
        assert_eq!(
            answers.version, together.version,
            "{address}: of what version of the data the answer is"
        );
    }
}

/// Concurrent questions about the same addresses in different orders get their own answers.
pub async fn concurrency(subject: &Subject) {
    let provider = subject.build();
    let mut batch = subject.addresses();
    let mut questions = JoinSet::new();
    for _ in 0..2 * batch.len() {
        batch.rotate_left(1);
        let (provider, batch) = (Arc::clone(&provider), batch.clone());
        questions.spawn(async move { (provider.look_up(&batch).await, batch) });
    }
    for (answers, batch) in questions.join_all().await {
        check_answers(subject, &batch, &answers);
    }
}

/// An address that occurs twice in a batch is answered twice, whatever its spellings.
pub async fn duplicates(subject: &Subject) {
    let mut batch = subject.addresses();
    let mapped = batch.iter().map(|address| match address.ip() {
        IpAddr::V4(ip) => Address::from(ip.to_ipv6_mapped()),
        IpAddr::V6(_) => *address,
    });
    let mapped: Vec<Address> = mapped.collect();
    batch.extend(mapped);
    batch.extend(batch.first().copied());
    let provider = subject.build();
    check_batch(subject, &*provider, &batch).await;
    // The same again, each address next to its duplicate, and nothing else.
    let doubled: Vec<Address> = batch.iter().flat_map(|&address| [address; 2]).collect();
    check_batch(subject, &*provider, &doubled).await;
    check_batch(subject, &*provider, &[batch[0]; 5]).await;
}

/// IPv6 addresses are answered like IPv4 ones. A provider that declares IPv4 only returns no facts about them, and they
/// do not affect the answers beside them.
pub async fn ipv6(subject: &Subject) {
    let provider = subject.build();
    let mut batch = subject.addresses();
    batch.retain(|address| !address.is_ipv4());
    match provider.capabilities().families {
        Families::Ipv4 => {
            assert!(batch.is_empty(), "it declares IPv4 only: {batch:?}");
            let foreign = Address::from(Ipv6Addr::new(0x2001, 0x503, 0xba3e, 0, 0, 0, 2, 0x30));
            let mixed: Vec<Address> = subject
                .addresses()
                .into_iter()
                .flat_map(|address| [foreign, address])
                .collect();
            let answers = provider.look_up(&mixed).await;
            assert_eq!(answers.outcomes.len(), mixed.len());
            for (address, outcome) in mixed.into_iter().zip(&answers.outcomes) {
                if address.is_ipv4() {
                    subject.check_outcome(address, outcome);
                } else {
                    assert!(
                        matches!(outcome, Outcome::Failed(failure)
                            if failure.class == FailureClass::Permanent),
                        "it declares IPv4 only: {outcome:?}"
                    );
                }
            }
        }
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

/// A question that is dropped half-way, at any point, does not affect concurrent or later ones.
pub async fn cancellation(subject: &Subject) {
    let batch = subject.addresses();
    let mut dropped = 0;
    for polls in 1..=8_u32 {
        let provider = subject.build();
        let mut question = provider.look_up(&batch);
        let mut beside = provider.look_up(&batch);
        let mut answered = None;
        let mut left = polls;
        poll_fn(|context| {
            left -= 1;
            let is_done = question.as_mut().poll(context).is_ready();
            if answered.is_none()
                && let Poll::Ready(answers) = beside.as_mut().poll(context)
            {
                answered = Some(answers);
            }
            dropped += u32::from(!is_done && left == 0);
            match is_done || left == 0 {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
        drop(question);
        let answers = match answered {
            Some(answers) => answers,
            None => beside.await,
        };
        check_answers(subject, &batch, &answers);
        // A late answer to the dropped question must not be mistaken for the answer to another.
        let mut other = batch.clone();
        other.rotate_left(1);
        check_batch(subject, &*provider, &other).await;
        check_batch(subject, &*provider, &other[..1]).await;
        check_batch(subject, &*provider, &batch).await;
    }
    let is_online = subject.build().capabilities().online;
    assert!(
        !is_online || dropped > 0,
        "no question was dropped half-way: the peer answered too soon"
    );
}

/// Failures have the expected class for each address of a batch, have a message, and contain no secrets.
pub async fn failures_classified(subject: &Subject) {
    assert!(
        !subject.build().capabilities().online || !subject.failing.is_empty(),
        "a provider that goes online can fail: describe how"
    );
    for failing in &subject.failing {
        let provider = subject.build_with(&failing.settings);
        for count in 1..=2 {
            let answers = provider.look_up(&vec![failing.address; count]).await;
            assert_eq!(answers.outcomes.len(), count);
            for outcome in &answers.outcomes {
                let Outcome::Failed(failure) = outcome else {
                    panic!("{}: expected a failure: {answers:?}", failing.address);
                };
                assert!(
                    (failing.expected)(&failure.class),
                    "{}: not of class {:?}: {failure}",
                    failing.address,
                    failure.class
                );
                assert!(!failure.message.is_empty(), "the failure says nothing");
            }
            assert_no_secret(subject, "a failure", &format!("{answers:?} {provider:?}"));
        }
    }
}

/// `Debug` of settings and provider shows no secret, before and after a question, nor does an error about settings that
/// contain one, even under a wrong name.
pub async fn no_secrets(subject: &Subject) {
    let settings = subject.settings(&subject.settings);
    assert_no_secret(
        subject,
        "Debug of the settings",
        &format!("{settings:?} {settings:#?}"),
    );
    for secret in &subject.secrets {
        let Some(line) = subject.settings.lines().find(|line| line.contains(secret)) else {
            panic!("the settings do not hold the secret: the check could not fail");
        };
        let misspelt = subject.settings.replace(line, &format!("x{line}"));
        assert_refused(subject, &misspelt, "x");
    }
    let provider = subject.build();
    assert_no_secret(subject, "Debug", &format!("{provider:?} {provider:#?}"));
    let answers = provider.look_up(&subject.addresses()).await;
    assert_no_secret(subject, "Debug", &format!("{provider:?} {answers:?}"));
    assert_refused(subject, &with_unknown_key(subject), UNKNOWN_KEY);
}

/// An unknown key, and each example of wrong settings, is refused with the full name of the key.
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

/// In a cascade, global addresses reach the provider, and others do not.
pub async fn non_global_withheld(subject: &Subject) {
    let recorder = Arc::new(CallRecorder::new(subject.build()));
    let step = Step {
        provider: Arc::clone(&recorder) as Arc<dyn Provider>,
        if_missing: Vec::new(),
        private: false,
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
        fields: subject.factory.fields.into(),
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

/// Its service is asked about the addresses in question (or the /24 or /48 around them), and about no others: none that
/// are made up, reversed, or taken from elsewhere.
pub async fn only_what_is_asked(subject: &Subject) {
    let provider = subject.build();
    let Some(hears) = &subject.hears else {
        assert!(
            !provider.capabilities().online,
            "it goes online: describe what its service hears"
        );
        return;
    };
    let addresses = subject.addresses();
    provider.look_up(&addresses).await;
    for &address in &addresses {
        provider.look_up(&[address]).await;
    }
    let heard = hears();
    let heard: Vec<Address> = heard.iter().filter_map(|text| text.parse().ok()).collect();
    assert!(
        !heard.is_empty(),
        "its service has heard of no address: the check could not fail"
    );
    for address in heard {
        let is_asked = |&asked: &Address| asked == address || block(asked) == block(address);
        assert!(
            addresses.iter().any(is_asked),
            "its service was asked for {address}, which it was not asked for itself"
        );
    }
}

/// The /24 or /48 around an address: a service may be asked about any address in it instead.
fn block(address: Address) -> Option<IpNet> {
    let length = if address.is_ipv4() { 24 } else { 48 };
    let block = IpNet::new(address.ip(), length).ok()?;
    Some(block.trunc())
}

/// A provider that declares itself offline opens no internet socket. `path` is that of the test.
pub async fn offline_sends_nothing(subject: &Subject, path: &str) {
    if subject.build().capabilities().online {
        return;
    }
    let fault = "it declares that it does not go online, and opens a socket";
    confined::run(path, Forbidden::Sockets, fault, build_and_ask(subject)).await;
}

/// A provider does not put to sleep the thread that others are asked on. `path` is that of the test.
pub async fn no_blocking_sleep(subject: &Subject, path: &str) {
    let fault = "it makes a thread sleep, on which others wait: wait with `tokio::time`";
    confined::run(path, Forbidden::Sleep, fault, build_and_ask(subject)).await;
}

async fn build_and_ask(subject: &Subject) {
    let provider = subject.build();
    check_batch(subject, &*provider, &subject.addresses()).await;
    provider.data_files(true);
}

const UNKNOWN_KEY: &str = "no_such_setting";

/// At the front: at the end, it might fall into a table of the settings.
fn with_unknown_key(subject: &Subject) -> String {
    format!("{UNKNOWN_KEY} = 1\n{}", subject.settings)
}

fn assert_refused(subject: &Subject, settings: &str, key: &str) {
    let error = match subject.try_build(settings) {
        Err(error) => error,
        Ok(built) => panic!("these settings were taken ({built:?}):\n{settings}"),
    };
    let key = format!("providers.{}.{key}", subject.factory.name);
    assert!(
        error.to_string().contains(&key),
        "`{key}` is not named: {error}"
    );
    assert_no_secret(
        subject,
        "an error",
        &format!("{error} {error:?} {error:#?}"),
    );
}

fn assert_no_secret(subject: &Subject, place: &str, text: &str) {
    for secret in &subject.secrets {
        assert!(!text.contains(secret.as_str()), "{place} shows a secret");
    }
}
