//! Answers are in order, the same alone and together, and with a steady version.

use std::net::{IpAddr, Ipv6Addr};

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::capabilities::Families;
use ipcascade_core::field::Field;
use ipcascade_core::lookup::{Answers, FailureClass, Outcome};
use ipcascade_core::provider::Provider;

use crate::Subject;

pub(super) async fn check_batch(subject: &Subject, provider: &dyn Provider, batch: &[Address]) {
    check_answers(subject, batch, &provider.look_up(batch).await);
}

pub(super) fn check_answers(subject: &Subject, batch: &[Address], answers: &Answers) {
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

/// If the provider finds the prefixes of ASes, that of each answer is among them, and no AS is in them that was not asked for.
pub async fn prefixes_as_answered(subject: &Subject) {
    let provider = subject.build();
    let addresses = subject.addresses();
    let fields = &subject.factory.fields;
    let origin = fields.iter().find(|source| source.field == Field::ASN);
    let answers = provider.look_up(&addresses).await;
    for (address, outcome) in addresses.iter().zip(&answers.outcomes) {
        let (Some(origin), Outcome::Found(finding)) = (origin, outcome) else {
            continue;
        };
        let asn = finding.fields.get(origin.key).and_then(Asn::from_json);
        let (Some(asn), Some(prefix)) = (asn, finding.prefix) else {
            continue;
        };
        let mut found = Vec::new();
        if provider.find_prefixes(&[asn], &mut |of, prefix| found.push((of, prefix))) {
            let is_there = found.iter().any(|(_, it)| it.contains(&prefix));
            assert!(
                is_there,
                "{address}: {asn} has {prefix}, and not only {found:?}"
            );
            assert!(found.iter().all(|(of, _)| *of == asn), "{asn}: {found:?}");
        }
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
