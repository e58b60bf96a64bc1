//! Renders records and addresses as NDJSON.

use std::borrow::Cow;
use std::collections::HashSet;

use foldhash::fast::RandomState;
use ipcascade_core::address::Address;
use ipcascade_input::has_member;
use serde_json::{Map, Value};

use crate::commands::enrich::filter::members::push_json;
use crate::commands::enrich::filter::pieces::Pieces;
use crate::commands::enrich::filter::render::address_text::{push_address, push_prefix};
use crate::commands::enrich::filter::render::renderer::{Group, Renderer};
use crate::commands::enrich::filter::template::View;

impl Renderer<'_> {
    fn members<'v>(&self, view: &'v View) -> &'v Pieces {
        let make = || self.names.of(view, self.policy);
        view.template().members(make)
    }

    fn push_members(&self, out: &mut Vec<u8>, view: &View) {
        let members = self.members(view);
        members.write(out, |out| {
            if let Some(prefix) = view.prefix {
                push_prefix(out, prefix);
            }
        });
    }

    /// Appends an NDJSON record with its views added under the key: the view itself for one address, a view by address
    /// for several, and those by field if several fields were requested. Everything else in the record stays byte for
    /// byte. A record that has the key already is left unchanged, unless it is to be replaced; returns whether it was.
    pub(in crate::commands::enrich::filter) fn ndjson_record(
        &self,
        out: &mut Vec<u8>,
        original: &[u8],
        views: &Group<'_>,
    ) -> bool {
        let text = one_line(original);
        if text.starts_with('"') {
            views
                .views
                .iter()
                .for_each(|view| self.ndjson_address(out, view));
            return false;
        }
        let mut was_left = false;
        if views.views.is_empty() || !text.ends_with('}') {
            out.extend_from_slice(text.as_bytes());
        } else if self.key.finder.find(text.as_bytes()).is_none() {
            self.appended(out, &text, views);
        } else {
            was_left = self.replaced(out, &text, views);
        }
        out.push(b'\n');
        was_left
    }

    /// The same for a record that may have the key; returns whether it was left unchanged.
    fn replaced(&self, out: &mut Vec<u8>, text: &str, views: &Group<'_>) -> bool {
        if has_member(text, &self.key.name) == Some(false) {
            self.appended(out, text, views);
            return false;
        }
        let record = serde_json::from_str::<Map<String, Value>>(text);
        let Some(mut record) = record.ok().filter(|_| self.key.is_replaced) else {
            out.extend_from_slice(text.as_bytes());
            return true;
        };
        let mut found = Vec::new();
        self.push_found(&mut found, views);
        let found = serde_json::from_slice(&found).unwrap_or_default();
        record.insert(self.key.name.clone(), found);
        push_json(out, &record);
        false
    }

    /// The object with the key after its other members.
    fn appended(&self, out: &mut Vec<u8>, text: &str, views: &Group<'_>) {
        let body = text.strip_suffix('}').unwrap_or(text).trim_end();
        out.extend_from_slice(body.as_bytes());
        if !body.ends_with('{') {
            out.push(b',');
        }
        out.extend_from_slice(self.key.quoted.as_bytes());
        out.push(b':');
        self.push_found(out, views);
        out.push(b'}');
    }

    fn push_found(&self, out: &mut Vec<u8>, group: &Group<'_>) {
        if group.names.len() < 2 {
            return self.push_views(out, group.views.iter().copied());
        }
        out.push(b'{');
        let mut is_first = true;
        for (place, name) in group.names.iter().enumerate() {
            let own = group.views.iter().zip(group.fields);
            let own = own
                .filter(|(_, field)| **field == place)
                .map(|(view, _)| *view);
            if own.clone().next().is_none() {
                continue;
            }
            if !is_first {
                out.push(b',');
            }
            is_first = false;
            push_json(out, name);
            out.push(b':');
            self.push_views(out, own);
        }
        out.push(b'}');
    }

    fn push_views<'v>(&self, out: &mut Vec<u8>, mut views: impl Iterator<Item = &'v View> + Clone) {
        out.push(b'{');
        let first = views.next();
        if let Some(view) = first
            && views.clone().next().is_none()
        {
            self.push_members(out, view);
        } else {
            let mut known: HashSet<Address, RandomState> = HashSet::default();
            for view in first.into_iter().chain(views) {
                if !known.insert(view.address) {
                    continue;
                }
                if known.len() > 1 {
                    out.push(b',');
                }
                out.push(b'"');
                push_address(out, view.address.ip());
                out.extend_from_slice(b"\":{");
                self.push_members(out, view);
                out.push(b'}');
            }
        }
        out.push(b'}');
    }

    /// Appends an NDJSON line for an address.
    pub(in crate::commands::enrich::filter) fn ndjson_address(
        &self,
        out: &mut Vec<u8>,
        view: &View,
    ) {
        out.extend_from_slice(b"{\"address\":\"");
        push_address(out, view.address.ip());
        out.push(b'"');
        if !self.members(view).is_empty() {
            out.push(b',');
            self.push_members(out, view);
        }
        out.extend_from_slice(b"}\n");
    }
}

/// The text of a record on one line; invalid UTF-8 is replaced. (In JSON, line ends only occur between tokens.)
fn one_line(original: &[u8]) -> Cow<'_, str> {
    let original = original.trim_ascii_end();
    let text = match std::str::from_utf8(original) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(original),
    };
    if memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_none() {
        return text;
    }
    Cow::Owned(text.lines().map(str::trim).collect())
}
