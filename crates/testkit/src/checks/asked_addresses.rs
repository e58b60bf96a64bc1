//! Which addresses a provider is asked about, and which it asks about.

use std::sync::Arc;

use chrono::Utc;
use ipcascade_core::address::Address;
use ipcascade_core::cascade::{Cascade, Question, Renew, Step};
use ipcascade_core::document::Document;
use ipcascade_core::policy::{Policy, PolicySource};
use ipcascade_core::provider::Provider;
use ipcascade_core::special_purpose::special_purpose;
use ipnet::IpNet;

use crate::Subject;
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
