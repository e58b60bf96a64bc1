//! Lists by what sections have, with and without an index of it.

use ipcascade_core::field::Field;
use ipcascade_core::store::{AddressListColumn, AddressQuery, ListOrder, MigrateOptions};
use serde_json::{Value, json};

use crate::store::StoreSubject;
use crate::store::fixtures::{day, geo, nth, seen, whois};
use crate::store::foreign::{ForeignAddress, ForeignStatement};
use crate::store::section_values::{of_value, section_keys, sort_by_value};
use crate::store::trial::Trial;

/// Documents as other programs may write them: values of every type, too long for an index, twice, not JSON.
fn documents() -> Vec<String> {
    let of = |value: Value| json!({"maxmind": {"country": "NL", "asn_org": value}}).to_string();
    let long = |end: &str| of(format!("{}{end}", "x".repeat(2000)).into());
    let encoded_twice = json!(of("Twice".into())).to_string();
    let mut documents = vec![
        of("Org".into()),
        of("Örg \"quoted\" \\ slashed".into()),
        of(true.into()),
        of(false.into()),
        of(0.into()),
        of(1.into()),
        of(12_345_678_901_234_567_890_u64.into()),
        of(0.1.into()),
        of(1e300.into()),
        of(json!(["Org", 1.5, true])),
        of(json!({"name": "Org"})),
        of("".into()),
        of(Value::Null),
        long("a"),
        long("b"),
        encoded_twice,
        r#"{"maxmind": {"asn_org": "First", "country": "DE"}, "maxmind": {"asn_org": "Last"}}"#
            .to_owned(),
        r#"{"maxmind": {"asn_org": "First", "country": "DE", "asn_org": "Last"}}"#.to_owned(),
        r#"{"maxmind": {"\u0061sn_org": "Org", "country": "n\u006c"}}"#.to_owned(),
        r#"{"maxmind": {"asn_org": "Old", "found": false}, "cymru": {"asn_org": "Org"}}"#
            .to_owned(),
        r#"{"maxmind": {"asn_org": "Elsewhere", "prefix": "192.0.2.0/24"}}"#.to_owned(),
        r#"{"_failures": {"maxmind": {}}, "maxmind": {"asn_org": "Org"}}"#.to_owned(),
        r#"{"other": "maxmind", "country": "BE"}"#.to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
    ];
    documents.sort_unstable();
    documents
}

async fn trial(subject: Box<dyn StoreSubject>) -> Trial {
    let trial = Trial::new(subject).await;
    let ours = [
        seen(nth(100), day(1), vec![geo(1, "Org", "nl", day(1))]),
        seen(
            nth(101),
            day(2),
            vec![geo(2, "Other", "DE", day(1)), whois(2, "Org", "NL", day(1))],
        ),
        seen(nth(102), day(3), vec![whois(3, "Third", "DE", day(1))]),
        seen(nth(103), day(4), vec![]),
    ];
    trial.record(&ours, day(4)).await;
    let mut rows = Vec::new();
    for (number, document) in (1..).zip(documents()) {
        rows.push(ForeignAddress {
            document,
            ..ForeignAddress::new(nth(number), (day(1), day(number.into())))
        });
    }
    let twin = format!("{} ", nth(1));
    let not_an_address = ForeignAddress::new("mars", (day(1), day(8)));
    rows.extend([ForeignAddress::new(twin, (day(1), day(8))), not_an_address]);
    trial
        .plant(&[ForeignStatement::InsertAddresses(rows)])
        .await;
    trial
}

/// Questions by conditions on values, orders, and both.
fn questions() -> Vec<AddressQuery> {
    let mut questions = Vec::new();
    let orders = [
        ListOrder::least_first(AddressListColumn::Address),
        ListOrder::greatest_first(AddressListColumn::Address),
        ListOrder::greatest_first(AddressListColumn::LastSeen),
    ];
    for limit in [None, Some(0), Some(1), Some(7), Some(1000)] {
        for order in orders {
            let query = AddressQuery {
                order,
                limit,
                ..AddressQuery::default()
            };
            for wanted in ["Org", "Last", "Twice", "DE", "NL", "nothing"] {
                let is_wanted = move |value: &Value| value == wanted;
                for field in [Field::ASN_ORG, Field::COUNTRY] {
                    let mut query = query.clone();
                    of_value(&mut query, field, is_wanted);
                    questions.push(query.clone());
                    sort_by_value(&mut query, Field::ASN_ORG);
                    questions.push(query.clone());
                    query.seen_since = Some(day(3));
                    query.prefix = "11.0.0.0/28".parse().ok();
                    questions.push(query);
                }
            }
            let mut both = query.clone();
            of_value(&mut both, Field::COUNTRY, |value| value == "NL");
            of_value(&mut both, Field::ASN_ORG, |value| !value.is_string());
            questions.push(both);
            let mut sorted = query;
            sort_by_value(&mut sorted, Field::ASN_ORG);
            questions.push(sorted);
        }
    }
    questions
}

async fn answers(trial: &Trial) -> Vec<String> {
    let mut answers = Vec::new();
    for query in questions() {
        let rows = trial.addresses(&query).await.into_iter();
        let rows: Vec<_> = rows.map(|row| (row.address, row.last_seen)).collect();
        answers.push(format!("{query:?}: {rows:?}"));
    }
    answers
}

/// The same rows in the same order, whatever documents there are; and other programs can write any document.
pub async fn an_index_of_values_changes_no_answer(subject: Box<dyn StoreSubject>) {
    let trial = trial(subject).await;
    let expected = answers(&trial).await;
    let options = MigrateOptions {
        indexes: [section_keys(Field::ASN_ORG), section_keys(Field::COUNTRY)].concat(),
        ..MigrateOptions::default()
    };
    let planned = trial.store.pending_migrations(&options).await.unwrap();
    let made = trial.store.migrate(&options).await.unwrap();
    assert_eq!(made, planned);
    assert_eq!(trial.store.pending_migrations(&options).await.unwrap(), []);
    let indexes = trial.store.value_indexes().await.unwrap();
    assert_eq!(indexes.len(), made.len());
    assert!(indexes.iter().all(|index| index.bytes > 0), "{indexes:?}");
    for (found, expected) in answers(&trial).await.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    for (number, document) in (500..).zip(documents()) {
        let row = ForeignAddress {
            document,
            ..ForeignAddress::new(nth(number), (day(1), day(2)))
        };
        trial
            .foreign(ForeignStatement::InsertAddresses(vec![row]))
            .await;
    }
    let with_index = answers(&trial).await;
    let dropped = MigrateOptions {
        dropped_indexes: options.indexes,
        ..MigrateOptions::default()
    };
    let steps = trial.store.migrate(&dropped).await.unwrap();
    assert_eq!(steps.len(), made.len());
    assert_eq!(trial.store.value_indexes().await.unwrap(), []);
    for (found, expected) in with_index.iter().zip(&answers(&trial).await) {
        assert_eq!(found, expected);
    }
}
