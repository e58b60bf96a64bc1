//! Shared parts of the tests of this crate.

use std::path::{Path, PathBuf};

use futures::TryStreamExt as _;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::{Timestamp, parse_timestamp};
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::policy::{Policy, PolicySource};
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::section::Section;
use ipcascade_core::store::{
    AddressQuery, AddressRow, AddressUpdate, Answer, AsnRow, Batch, Check, EventIds,
    Maintenance as _, OpenMode, Reader as _, RepairOptions, SeenRange, SessionQuery, SessionRow,
    SessionUpdate, VerifyOptions, WriteReport, Writer as _,
};
use ipcascade_store_sqlite::{Config, SqliteStore};
use serde_json::{Map, Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tempfile::TempDir;

pub(crate) const GEO: ProviderName = ProviderName::new("maxmind");
pub(crate) const WHOIS: ProviderName = ProviderName::new("cymru");

const GEO_FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::ASN_ORG),
    FieldSource::same(Field::COUNTRY),
];
const WHOIS_FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::ASN_ORG),
    FieldSource::new(Field::REGISTRY_COUNTRY, "country"),
    FieldSource::same(Field::REGISTRY),
];

pub(crate) fn policy() -> Policy {
    let source = |name, fields| PolicySource { name, fields };
    Policy::new(vec![
        source(GEO, GEO_FIELDS.into()),
        source(WHOIS, WHOIS_FIELDS.into()),
    ])
}

pub(crate) fn at(text: &str) -> Timestamp {
    parse_timestamp(text).unwrap()
}

pub(crate) fn section(fields: Value, cached_at: &str) -> Section {
    let Value::Object(fields) = fields else {
        panic!("an object is needed")
    };
    Section::found(fields, None, None, at(cached_at))
}

pub(crate) fn update(address: &str, seen: &str) -> AddressUpdate {
    AddressUpdate {
        seen: Some(SeenRange::at(at(seen))),
        ..AddressUpdate::new(address.parse().unwrap())
    }
}

pub(crate) fn answered(
    mut update: AddressUpdate,
    provider: ProviderName,
    fields: Value,
    cached_at: &str,
) -> AddressUpdate {
    update.answers.push(Answer {
        provider,
        result: Ok(section(fields, cached_at)),
    });
    update
}

pub(crate) fn session(id: &str, seen: &str) -> SessionUpdate {
    SessionUpdate {
        id: id.to_owned(),
        sensor: Some("pot".to_owned()),
        events: Some(SeenRange::at(at(seen))),
        event_count: 3,
        event_ids: EventIds::default(),
    }
}

/// A folder with a database in it.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) path: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inventory.db");
        Self { folder, path }
    }

    pub(crate) async fn open(&self) -> SqliteStore {
        ipcascade_store_sqlite::open(&self.path, &Config::default(), OpenMode::Write)
            .await
            .unwrap()
    }

    /// A connection as another program opens it: no foreign keys, none of our settings.
    pub(crate) async fn foreign(&self) -> SqliteConnection {
        foreign(&self.path).await
    }
}

pub(crate) async fn foreign(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(false);
    SqliteConnection::connect_with(&options).await.unwrap()
}

pub(crate) async fn run(connection: &mut SqliteConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

pub(crate) async fn record(
    store: &SqliteStore,
    updates: &[AddressUpdate],
    now: &str,
) -> WriteReport {
    let policy = policy();
    let batch = Batch {
        updates,
        policy: &policy,
        now: at(now),
    };
    store.record(&batch).await.unwrap()
}

pub(crate) async fn asn(store: &SqliteStore, number: u32) -> AsnRow {
    store.asn(Asn::new(number).unwrap()).await.unwrap().unwrap()
}

pub(crate) async fn address(store: &SqliteStore, address: &str) -> AddressRow {
    let known = store.known(&[address.parse().unwrap()]).await.unwrap();
    known.into_iter().next().flatten().unwrap()
}

pub(crate) async fn all_addresses(store: &SqliteStore) -> Vec<AddressRow> {
    store
        .addresses(&AddressQuery::default())
        .try_collect()
        .await
        .unwrap()
}

pub(crate) async fn all_sessions(store: &SqliteStore) -> Vec<SessionRow> {
    store
        .sessions(&SessionQuery::default())
        .try_collect()
        .await
        .unwrap()
}

pub(crate) fn verify_options(policy: &Policy) -> VerifyOptions<'_> {
    VerifyOptions {
        policy,
        examples: 5,
        now: at("2026-06-01"),
    }
}

/// Options for repairing.
pub(crate) fn repair_options(policy: &Policy) -> RepairOptions<'_> {
    RepairOptions {
        policy,
        batch_size: 2,
        dry_run: false,
        now: at("2026-06-01"),
    }
}

pub(crate) async fn broken(store: &SqliteStore) -> Vec<(Check, u64)> {
    let policy = policy();
    let report = store.verify(&verify_options(&policy)).await.unwrap();
    report
        .violations
        .iter()
        .map(|v| (v.check, v.count))
        .collect()
}

pub(crate) fn geo(asn: u32) -> Value {
    Value::Object(Map::from_iter([
        ("asn".to_owned(), json!(asn)),
        ("asn_org".to_owned(), json!(format!("Org {asn}"))),
        ("country".to_owned(), json!("NL")),
    ]))
}
