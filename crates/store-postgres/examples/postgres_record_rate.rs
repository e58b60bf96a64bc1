//! Measures how many new addresses a second are recorded:
//! `cargo run --release -p ipcascade-store-postgres --example postgres_record_rate -- URL [ADDRESSES] [BATCH]`.
//! It writes to the database; pass an empty one.
//!
//! On a virtual machine with 2 cores, the server on the same: 16,100 addresses/s (100,000 addresses,
//! batches of 5,000).

use std::time::Instant;

use ipcascade_core::clock::Clock;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::policy::{Policy, PolicySource};
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::registry::Registry;
use ipcascade_core::section::Section;
use ipcascade_core::settings::Settings;
use ipcascade_core::store::{AddressUpdate, Answer, Batch, OpenMode, SeenRange, StoreUrl};
use ipcascade_store_postgres as _;
use serde_json::{Map, json};

const GEO: ProviderName = ProviderName::new("maxmind");
const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::ASN_ORG),
    FieldSource::same(Field::COUNTRY),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url: StoreUrl = arguments.next().ok_or("which database?")?.parse()?;
    let mut number = |default: u32| -> Result<u32, std::num::ParseIntError> {
        arguments.next().map_or(Ok(default), |text| text.parse())
    };
    let (addresses, batch) = (number(200_000)?, number(5_000)?);
    let factory = Registry::linked()?.store(&url)?;
    let store = factory
        .opener
        .open(&url, &Settings::empty("store"), OpenMode::Write)
        .await?;
    let policy = Policy::new(vec![PolicySource {
        name: GEO,
        fields: FIELDS.into(),
    }]);
    let now = Clock::system().now();
    let all: Vec<AddressUpdate> = (0..addresses).map(|index| update(index, now)).collect();
    let began = Instant::now();
    for updates in all.chunks(usize::try_from(batch)?) {
        let batch = Batch {
            updates,
            policy: &policy,
            now,
        };
        store.record(&batch).await?;
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{addresses} addresses in {seconds:.2} s: {:.0}/s",
        f64::from(addresses) / seconds
    );
    store.close().await;
    Ok(())
}

/// An address of an AS; few ASes have many addresses, many have few.
fn update(index: u32, now: ipcascade_core::clock::Timestamp) -> AddressUpdate {
    let spread = index.wrapping_mul(2_654_435_761);
    let address = std::net::Ipv4Addr::from((11 << 24) | (spread >> 8));
    let asn = 1 + (spread % 200) * (spread % 200);
    let fields = Map::from_iter([
        ("country".to_owned(), json!("NL")),
        ("country_name".to_owned(), json!("Netherlands")),
        ("city".to_owned(), json!("Amsterdam")),
        ("latitude".to_owned(), json!(52.374)),
        ("longitude".to_owned(), json!(4.8897)),
        ("asn".to_owned(), json!(asn)),
        (
            "asn_org".to_owned(),
            json!(format!("Example Networks {asn}")),
        ),
        ("accuracy_radius".to_owned(), json!(20)),
    ]);
    AddressUpdate {
        seen: Some(SeenRange::at(now)),
        answers: vec![Answer {
            provider: GEO,
            result: Ok(Section::found(fields, None, None, now)),
        }],
        ..AddressUpdate::new(address.into())
    }
}
