//! Several files at once.

use serde_json::{Value, json};

use crate::common::{Folder, Mmdb, ask, found, provider};

fn merged(first: Value, second: Value) -> Value {
    let folder = Folder::new();
    let first = folder.put("1.mmdb", &Mmdb::new("One").with("1.0.0.0/8", first));
    let second = folder.put("2.mmdb", &Mmdb::new("Two").with("1.0.0.0/8", second));
    let outcome = ask(&*provider(&[&first, &second]), "1.2.3.4");
    Value::Object(found(&outcome).fields.to_map())
}

#[test]
fn the_first_file_with_a_field_wins_it() {
    let fields = merged(
        json!({"country_code": "DE", "asn": 0}),
        json!({"country": {"iso_code": "FR"}, "asn": "AS7", "city": "Paris"}),
    );
    assert_eq!(fields, json!({"country": "DE", "city": "Paris", "asn": 7}));
}

#[test]
fn what_belongs_together_is_not_taken_from_files_that_disagree() {
    let fields = merged(
        json!({"country_code": "DE", "asn": 1, "latitude": 1.0, "longitude": 2.0}),
        json!({
            "country": {"iso_code": "FR", "names": {"en": "France"}},
            "asn": 2, "as_name": "Two", "location": {"latitude": 9.0, "accuracy_radius": 5},
        }),
    );
    let expected = json!({"country": "DE", "latitude": 1.0, "longitude": 2.0, "asn": 1});
    assert_eq!(fields, expected);
}

#[test]
fn a_file_that_agrees_completes_the_first() {
    let fields = merged(
        json!({"country_code": "DE", "asn": 1}),
        json!({"country": {"iso_code": "DE", "names": {"en": "Germany"}}, "asn": "AS1", "as_name": "One"}),
    );
    let expected = json!({"country": "DE", "country_name": "Germany", "asn": 1, "asn_org": "One"});
    assert_eq!(fields, expected);
}

#[test]
fn where_the_address_is_and_where_its_network_is_registered_stay_apart() {
    let fields = merged(
        json!({"registered_country": {"iso_code": "US"}}),
        json!({"asn": 5}),
    );
    assert_eq!(fields, json!({"registered_country": "US", "asn": 5}));
}
