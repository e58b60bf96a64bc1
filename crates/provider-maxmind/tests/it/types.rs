//! Every type of the format.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::json;

use crate::common::{fields_of, fields_with};

/// A value of a type that JSON cannot distinguish from others.
#[derive(Clone, Copy, Debug)]
enum Typed {
    U16(u16),
    U32(u32),
    U64(u64),
    U128(u128),
    I32(i32),
    F32(f32),
    F64(f64),
    Bool(bool),
    Text(&'static str),
    Bytes(&'static [u8]),
}

impl Serialize for Typed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::U16(v) => serializer.serialize_u16(v),
            Self::U32(v) => serializer.serialize_u32(v),
            Self::U64(v) => serializer.serialize_u64(v),
            Self::U128(v) => serializer.serialize_u128(v),
            Self::I32(v) => serializer.serialize_i32(v),
            Self::F32(v) => serializer.serialize_f32(v),
            Self::F64(v) => serializer.serialize_f64(v),
            Self::Bool(v) => serializer.serialize_bool(v),
            Self::Text(v) => serializer.serialize_str(v),
            Self::Bytes(v) => serializer.serialize_bytes(v),
        }
    }
}

fn record(fields: &[(&'static str, Typed)]) -> BTreeMap<&'static str, Typed> {
    fields.iter().copied().collect()
}

#[test]
fn an_as_number_of_every_width_is_read() {
    for value in [
        Typed::U16(13335),
        Typed::U32(13335),
        Typed::U64(13335),
        Typed::U128(13335),
        Typed::I32(13335),
        Typed::F32(13335.0),
        Typed::F64(13335.0),
        Typed::Text("13335"),
        Typed::Text("AS13335"),
    ] {
        let fields = fields_of(record(&[("autonomous_system_number", value)]));
        assert_eq!(fields["asn"], json!(13335), "{value:?}");
    }
    let fields = fields_of(record(&[("asn", Typed::U32(u32::MAX))]));
    assert_eq!(fields["asn"], json!(4_294_967_295_u64));
}

#[test]
fn a_coordinate_of_every_width_is_read() {
    for value in [Typed::F32(52.1), Typed::F64(52.1), Typed::Text("52.1")] {
        let fields = fields_of(record(&[("latitude", value)]));
        assert_eq!(fields["latitude"], json!(52.1), "{value:?}");
    }
    for value in [Typed::U16(52), Typed::I32(52), Typed::U128(52)] {
        let fields = fields_of(record(&[("latitude", value)]));
        assert_eq!(fields["latitude"], json!(52), "{value:?}");
    }
    let fields = fields_of(record(&[("latitude", Typed::I32(-33))]));
    assert_eq!(fields["latitude"], json!(-33));
}

#[test]
fn flags_are_read_in_every_form() {
    for value in [Typed::Bool(true), Typed::U16(1), Typed::Text("true")] {
        let fields = fields_of(record(&[("is_tor_exit_node", value)]));
        assert_eq!(fields["is_tor"], json!(true), "{value:?}");
    }
}

#[test]
fn a_value_that_is_not_valid_leaves_the_others() {
    let fields = fields_of(record(&[
        ("asn", Typed::Bytes(b"\xff\x00")),
        ("as_name", Typed::U128(u128::MAX)),
        ("latitude", Typed::F64(f64::NAN)),
        ("longitude", Typed::F32(f32::INFINITY)),
        ("country_code", Typed::Text("NZ")),
        ("city", Typed::Bytes(b"Auckland")),
    ]));
    assert_eq!(fields["country"], "NZ");
    assert_eq!(fields["asn_org"], u128::MAX.to_string());
    assert_eq!(fields.len(), 2, "{fields:?}");
}

#[test]
fn a_custom_field_is_kept_as_it_is() {
    let fields = fields_with(
        record(&[("score", Typed::F32(0.1))]),
        "[fields]\nscore = \"score\"",
    );
    assert_eq!(fields["score"], json!(0.1));
}
