//! A view, a renderer and what it writes.

use std::sync::Arc;

use ipcascade_core::clock::Timestamp;
use ipcascade_core::document::Document;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::fields::Fields;
use ipcascade_core::policy::{Policy, PolicySource};
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::section::Section;
use serde_json::Value;

use crate::commands::enrich::filter::chosen_fields::ChosenField;
use crate::commands::enrich::filter::members::ObjectMembers;
use crate::commands::enrich::filter::render::record_key::{KEY, RecordKey};
use crate::commands::enrich::filter::render::renderer::{Group, Renderer};
use crate::commands::enrich::filter::template::View;

const GEO: ProviderName = ProviderName::new("geo");

pub(super) const FIELDS: [Field; 3] = [Field::ASN, Field::ASN_ORG, Field::PREFIX];

pub(super) fn policy() -> Policy {
    const SOURCES: &[FieldSource] = &[
        FieldSource::same(Field::ASN),
        FieldSource::same(Field::ASN_ORG),
        FieldSource::same(Field::PREFIX),
    ];
    Policy::new(vec![PolicySource {
        name: GEO,
        fields: SOURCES.into(),
    }])
}

/// The view of an address, with the template that was built for another one in another prefix.
pub(super) fn view() -> View {
    let name = Value::from("Quote \" & comma, Inc.");
    let fields = Fields::from_iter([("asn", 64500.into()), ("asn_org", name)]);
    let other_prefix = "192.33.4.0/24".parse().ok();
    let section = Section::found(fields, other_prefix, None, Timestamp::UNIX_EPOCH);
    let mut document = Document::new();
    document.put("geo", &section);
    let other = "192.33.4.12".parse().unwrap();
    let (address, prefix) = ("198.41.0.4", "198.41.0.0/24");
    View::like(
        (other, document),
        GEO,
        address.parse().unwrap(),
        prefix.parse().unwrap(),
    )
}

pub(super) fn written(delimiter: u8, write: impl Fn(&Renderer<'_>, &mut Vec<u8>)) -> String {
    written_over(delimiter, false, write)
}

pub(super) fn written_over(
    delimiter: u8,
    is_replaced: bool,
    write: impl Fn(&Renderer<'_>, &mut Vec<u8>),
) -> String {
    let mut line = Vec::new();
    with_renderer(delimiter, is_replaced, |renderer| {
        write(renderer, &mut line)
    });
    String::from_utf8(line).unwrap()
}

/// What `render` makes with a renderer of the sample's fields.
pub(super) fn with_renderer<T>(
    delimiter: u8,
    is_replaced: bool,
    render: impl FnOnce(&Renderer<'_>) -> T,
) -> T {
    let policy = policy();
    let fields: Arc<[ChosenField]> = FIELDS.map(ChosenField::Merged).into();
    render(&Renderer {
        policy: &policy,
        names: &ObjectMembers::new(&policy, Arc::clone(&fields), true),
        fields: &fields,
        key: &RecordKey::new(KEY, is_replaced),
        are_cells_raw: false,
        delimiter,
    })
}

/// All addresses of a record, of one field.
pub(super) fn group<'a>(views: &'a [&'a View]) -> Group<'a> {
    Group {
        views,
        names: &[],
        fields: &[],
    }
}
