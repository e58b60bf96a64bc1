//! The provider kit catches what it is for: each check fails on a provider with the fault.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up makes the test fail"
)]

use std::net::{IpAddr, Ipv6Addr, UdpSocket};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta};
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::capabilities::Capabilities;
use ipcascade_core::data_version::DataVersion;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::lookup::{Answers, FailureClass, Finding, Outcome};
use ipcascade_core::provider::Provider;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::registry::{BuildError, ProviderFactory, ProviderSetup};
use ipcascade_core::settings::Settings;
use ipcascade_testkit::{Failing, Known, Subject, WrongSettings, checks};
use ipnet::IpNet;
use schemars::Schema;
use serde::Deserialize;
use serde_json::json;

const NAME: ProviderName = ProviderName::new("faulty");
const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::IS_TOR),
];

static FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "commits the fault that its settings name",
    example: "[providers.faulty]\n",
    schema: Schema::default,
    online: true,
    fields: FIELDS,
    build,
    ..ProviderFactory::BASE
};

const KNOWN: [(&str, u32); 3] = [
    ("198.41.0.4", 64_500),
    ("192.33.4.12", 64_501),
    ("2001:503:ba3e::2:30", 64_502),
];

/// The requests that the service of all these providers received.
static HEARD: LazyLock<Mutex<Vec<String>>> = LazyLock::new(Mutex::default);
static TICKS: AtomicI64 = AtomicI64::new(0);

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    fault: String,
    online: bool,
}

fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    let config: Config = settings.extract()?;
    let fields = FIELDS.iter().map(|source| source.field).collect();
    let capabilities = match config.online {
        true => Capabilities::online(NAME, fields, TimeDelta::days(1)),
        false => Capabilities::offline(NAME, fields),
    };
    Ok(ProviderSetup::Ready(Arc::new(Faulty {
        capabilities,
        config,
        late: Mutex::default(),
    })))
}

#[derive(Debug)]
struct Faulty {
    capabilities: Capabilities,
    config: Config,
    /// Answers that were not collected.
    late: Mutex<Vec<Outcome>>,
}

impl Faulty {
    fn has(&self, fault: &str) -> bool {
        self.config.fault == fault
    }

    fn outcome(&self, address: Address) -> Outcome {
        let prefix = Some(IpNet::from(address.ip()));
        let address = address.to_string();
        let Some((_, asn)) = KNOWN.iter().find(|(known, _)| *known == address) else {
            return Outcome::NotFound;
        };
        let is_tor = match self.has("wrong type") {
            true => json!("yes"),
            false => json!(true),
        };
        let mut fields = vec![("asn", json!(asn))];
        if !self.has("absent field") {
            fields.push(("is_tor", is_tor));
        }
        if self.has("reserved key") {
            fields.push(("cached_at", json!("2026-01-01")));
        }
        Outcome::Found(Finding {
            fields: fields.into_iter().collect(),
            prefix,
        })
    }
}

#[async_trait]
impl Provider for Faulty {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn data_version(&self) -> Option<DataVersion> {
        let ticks = match self.has("restless version") {
            true => TICKS.fetch_add(1, Ordering::Relaxed),
            false => 0,
        };
        let built_at = DateTime::from_timestamp(ticks, 0)?;
        Some(DataVersion::new(built_at, "mark"))
    }

    fn find_prefixes(&self, asns: &[Asn], found: &mut dyn FnMut(Asn, IpNet)) -> bool {
        for (address, number) in KNOWN {
            let asn = Asn::new(number).unwrap();
            let is_lost = self.has("absent prefix") && number == 64_501;
            if !is_lost && (asns.contains(&asn) || self.has("another AS")) {
                found(asn, address.parse::<IpAddr>().unwrap().into());
            }
        }
        true
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        if self.has("packets") {
            drop(UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)));
        }
        if self.has("sleep") {
            std::thread::sleep(Duration::from_nanos(1));
        }
        let heard = addresses.iter().map(ToString::to_string);
        HEARD.lock().unwrap().extend(heard);
        if self.has("own questions") {
            HEARD.lock().unwrap().push("4.0.41.198".to_owned());
        }
        let outcomes = addresses.iter().map(|&address| self.outcome(address));
        let mut outcomes: Vec<Outcome> = outcomes.collect();
        if self.has("duplicates dropped") {
            let mut seen: Vec<Address> = Vec::new();
            let mut addresses = addresses.iter();
            outcomes.retain(|_| {
                let address = addresses.next().unwrap();
                let is_new = !seen.contains(address);
                seen.push(*address);
                is_new
            });
        }
        if self.has("late answers") {
            // Answers come from the front of the queue of those outstanding.
            self.late.lock().unwrap().extend(outcomes);
            tokio::task::yield_now().await;
            let mut late = self.late.lock().unwrap();
            let count = addresses.len().min(late.len());
            outcomes = late.drain(..count).collect();
        } else {
            tokio::task::yield_now().await;
        }
        Answers {
            outcomes,
            version: self.data_version(),
        }
    }
}

fn with(fault: &str, online: bool) -> Subject {
    let failing = |class: &FailureClass| *class == FailureClass::Permanent;
    let settings = format!("fault = \"{fault}\"\nonline = {online}\n");
    let mut subject = Subject::new(&FACTORY, settings)
        .unknown("199.9.14.201")
        .wrong_settings(WrongSettings::new("fault = 7", "fault"))
        .failing(Failing::new("fault = \"\"", "199.9.14.201", failing));
    for (address, asn) in KNOWN {
        subject = subject.known(Known::new(address, [("asn", asn)]));
    }
    match online {
        true => subject.hears(|| HEARD.lock().unwrap().clone()),
        false => subject,
    }
}

fn path(test: &str) -> String {
    format!("{}::{test}", module_path!())
}

#[tokio::test]
async fn a_provider_without_a_fault_passes() {
    let (offline, online) = (with("", false), with("", true));
    checks::fields_as_declared(&offline).await;
    checks::steady_version(&offline).await;
    checks::prefixes_as_answered(&offline).await;
    checks::duplicates(&offline).await;
    checks::cancellation(&online).await;
    let path = path("a_provider_without_a_fault_passes");
    checks::offline_sends_nothing(&offline, &path).await;
    checks::no_blocking_sleep(&offline, &path).await;
}

#[tokio::test]
#[should_panic(expected = "`is_tor` is declared, but no known address has it")]
async fn a_field_that_is_declared_and_never_there() {
    checks::fields_as_declared(&with("absent field", false)).await;
}

#[tokio::test]
#[should_panic(expected = "`is_tor` is \"yes\": expected true or false")]
async fn a_value_of_another_kind() {
    checks::fields_as_declared(&with("wrong type", false)).await;
}

#[tokio::test]
#[should_panic(expected = "a field is called `cached_at`")]
async fn a_field_called_like_a_section_s_own() {
    checks::fields_as_declared(&with("reserved key", false)).await;
}

#[tokio::test]
#[should_panic(expected = "of the same data")]
async fn a_version_that_changes_each_time() {
    checks::steady_version(&with("restless version", false)).await;
}

#[tokio::test]
#[should_panic(expected = "192.33.4.12: AS64501 has 192.33.4.12/32, and not only []")]
async fn a_prefix_that_is_answered_and_not_found() {
    checks::prefixes_as_answered(&with("absent prefix", false)).await;
}

#[tokio::test]
#[should_panic(expected = "AS64500: [(Asn(64500)")]
async fn a_prefix_of_an_as_that_was_not_asked_for() {
    checks::prefixes_as_answered(&with("another AS", false)).await;
}

#[tokio::test]
#[should_panic(expected = "there must be one outcome for each address")]
async fn duplicates_that_are_dropped() {
    checks::duplicates(&with("duplicates dropped", false)).await;
}

#[tokio::test]
#[should_panic(expected = "the outcome is Found")]
async fn answers_that_come_after_their_question_was_dropped() {
    checks::cancellation(&with("late answers", true)).await;
}

#[tokio::test]
#[should_panic(expected = "its service was asked for 4.0.41.198")]
async fn questions_of_its_own() {
    checks::only_what_is_asked(&with("own questions", true)).await;
}

#[tokio::test]
#[should_panic(expected = "describe what its service hears")]
async fn an_online_provider_whose_service_is_down() {
    let subject = Subject::new(&FACTORY, "online = true\n");
    checks::only_what_is_asked(&subject).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
#[should_panic(expected = "declares that it does not go online, and opens a socket")]
async fn an_offline_provider_that_sends_packets() {
    let path = path("an_offline_provider_that_sends_packets");
    checks::offline_sends_nothing(&with("packets", false), &path).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
#[should_panic(expected = "makes a thread sleep")]
async fn a_thread_that_sleeps() {
    let path = path("a_thread_that_sleeps");
    checks::no_blocking_sleep(&with("sleep", false), &path).await;
}
