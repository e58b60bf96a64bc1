//! Reverse DNS against a server in this process.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::net::SocketAddr;
use std::sync::Arc;

use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::PTR;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use ipcascade_core::{Address, Built, FailureClass, Outcome, Provider, Settings};
use ipcascade_provider_rdns::RdnsProvider;
use serde_json::json;
use tokio::net::UdpSocket;

/// What the server answers to a name: a code, and names.
type Script = fn(&str) -> (ResponseCode, &'static [&'static str]);

/// Starts a server that goes by `script`; it stops with the runtime of its test.
async fn server(script: Script) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
            let mut message = Message::from_vec(&buffer[..length]).unwrap();
            let query = message.queries[0].clone();
            assert_eq!(query.query_type(), RecordType::PTR);
            let (code, names) = script(&query.name().to_ascii());
            message.metadata.message_type = MessageType::Response;
            message.metadata.response_code = code;
            for name in names {
                let data = RData::PTR(PTR(Name::from_ascii(name).unwrap()));
                message.add_answer(Record::from_rdata(query.name().clone(), 60, data));
            }
            let answer = message.to_vec().unwrap();
            socket.send_to(&answer, client).await.unwrap();
        }
    });
    address
}

fn build(settings: &str) -> Result<Arc<dyn Provider>, String> {
    let settings = Settings::from_toml("providers.rdns", settings);
    match RdnsProvider::build(&settings).map_err(|error| error.to_string())? {
        Built::Ready(provider) => Ok(provider),
        Built::Unconfigured(text) => Err(text),
    }
}

async fn ask(server: SocketAddr, addresses: &[&str]) -> Vec<Outcome> {
    let provider = build(&format!("servers = [\"{server}\"]\ntimeout = 2")).unwrap();
    let addresses: Vec<Address> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    provider.look_up(&addresses).await.outcomes
}

#[tokio::test]
async fn names_are_asked_for_in_reverse_and_kept_in_order() {
    let server = server(|name| match name {
        "9.113.0.5.in-addr.arpa." => (
            ResponseCode::NoError,
            &["z.example.net.", "A.example.net.", "z.example.net."],
        ),
        "4.4.8.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.8.4.0.6.8.4.1.0.0.2.ip6.arpa." => {
            (ResponseCode::NoError, &["dns.google."])
        }
        _ => (ResponseCode::NXDomain, &[]),
    })
    .await;
    let outcomes = ask(server, &["5.0.113.9", "5.0.113.1", "2001:4860:4860::8844"]).await;
    let [Outcome::Found(four), Outcome::NotFound, Outcome::Found(six)] = &outcomes[..] else {
        panic!("{outcomes:?}");
    };
    assert_eq!(
        serde_json::Value::Object(four.fields.as_ref().clone()),
        json!({"hostname": "a.example.net", "names": ["a.example.net", "z.example.net"]})
    );
    assert_eq!(six.fields["hostname"], "dns.google");
}

#[tokio::test]
async fn no_record_is_an_answer_and_a_server_failure_is_transient() {
    let empty = server(|_| (ResponseCode::NoError, &[])).await;
    let outcomes = ask(empty, &["5.0.113.9"]).await;
    assert!(matches!(outcomes[0], Outcome::NotFound), "{outcomes:?}");

    let failing = server(|_| (ResponseCode::ServFail, &[])).await;
    let outcomes = ask(failing, &["5.0.113.9"]).await;
    let Outcome::Failed(failure) = &outcomes[0] else {
        panic!("{outcomes:?}");
    };
    assert_eq!(failure.class, FailureClass::Transient);
    assert!(failure.message.contains("5.0.113.9"), "{failure}");
}

#[test]
fn problems_name_the_key_and_what_was_expected() {
    for (text, key) in [
        ("server = []", "unknown key `providers.rdns.server`"),
        (
            "servers = [\"resolver\"]",
            "`providers.rdns.servers`: expected an address",
        ),
        ("timeout = 0", "`providers.rdns.timeout`: expected seconds"),
        (
            "timeout = nan",
            "`providers.rdns.timeout`: expected seconds",
        ),
        (
            "concurrency = 0",
            "`providers.rdns.concurrency`: expected 1",
        ),
    ] {
        let problem = build(text).unwrap_err();
        assert!(problem.contains(key), "{text}: {problem}");
    }
}
