//! Measures how many new addresses per second a store records:
//! `cargo run --release -p ipcascade-store-sqlite --example sqlite_record_rate -- [ADDRESSES] [BATCH] [SESSIONS]`
//!
//! On a virtual machine with 2 cores: 12,600 addresses/s (200,000 addresses, batches of 5,000).

use std::net::Ipv4Addr;
use std::time::Instant;

use ipcascade_core::clock::Clock;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::policy::{Policy, PolicySource};
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::section::Section;
use ipcascade_core::store::{
    AddressUpdate, Answer, Batch, OpenMode, Reader as _, SeenRange, SessionUpdate, Writer as _,
};
use ipcascade_store_sqlite::Config;
use serde_json::{Value, json};

const GEO: ProviderName = ProviderName::new("maxmind");
const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::ASN_ORG),
    FieldSource::same(Field::COUNTRY),
];

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
#[expect(clippy::too_many_lines, reason = "one run, step by step")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |default: u32| -> Result<u32, Failure> {
        Ok(arguments.next().map_or(Ok(default), |text| text.parse())?)
    };
    let (addresses, batch_size, sessions) = (argument(200_000)?, argument(5_000)?, argument(0)?);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("inventory.db");
    let store = ipcascade_store_sqlite::open(&path, &Config::default(), OpenMode::Write).await?;
    let policy = Policy::new(vec![PolicySource {
        name: GEO,
        fields: FIELDS.into(),
    }]);
    let now = Clock::system().now();
    // Scattered, like attackers' addresses.
    let address = |n: u32| Ipv4Addr::from(n.wrapping_mul(2_654_435_761));
    // A few ASes have most of them.
    let origin = |n: u32| {
        let place = f64::from(n.wrapping_mul(2_246_822_519) >> 12) / f64::from(1 << 20);
        (1.0 + 20_000.0 * place.powi(4)).floor()
    };
    let update = |n: u32| {
        let fields = json!({
            "asn": origin(n), "asn_org": "Some Organisation Ltd.", "country": "NL",
            "country_name": "The Netherlands", "city": "Amsterdam", "latitude": 52.37,
            "longitude": 4.89, "accuracy_radius": 20,
        });
        let mut update = AddressUpdate::new(address(n).into());
        update.seen = Some(SeenRange::at(now));
        if let Value::Object(fields) = fields {
            let result = Ok(Section::found(fields, None, None, now));
            update.answers.push(Answer {
                provider: GEO,
                result,
            });
        }
        update
            .sessions
            .extend((0..sessions).map(|session| SessionUpdate {
                id: format!("{n:08x}{session:04x}"),
                sensor: None,
                events: Some(SeenRange::at(now)),
                event_count: 12,
                event_ids: ipcascade_core::store::EventIds::default(),
            }));
        update
    };
    let mut start = 0;
    let mut spent = std::time::Duration::ZERO;
    while start < addresses {
        let end = addresses.min(start + batch_size);
        let updates: Vec<AddressUpdate> = (start..end).map(update).collect();
        let batch = Batch {
            updates: &updates,
            policy: &policy,
            now,
        };
        let began = Instant::now();
        store.record(&batch).await?;
        spent += began.elapsed();
        start = end;
    }
    let rate = f64::from(addresses) / spent.as_secs_f64();
    let totals = store.totals().await?;
    println!("{rate:.0} addresses/s ({spent:.2?}); {totals:?}");
    store.close().await;
    Ok(())
}
