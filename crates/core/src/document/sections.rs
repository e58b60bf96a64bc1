//! The document: a section for each provider, under its name.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::document::content::SectionContent;
use crate::section::{Section, SectionView};
use crate::special_purpose::SpecialPurpose;

/// The section with the reason why an address is not global.
pub const VALIDATION: &str = "validation";

/// Everything known about an address, section by section.
///
/// Sections of other programs (`dshield`, `spur`, …) are kept as they are, byte for byte, and no section is parsed into
/// a tree before a value in it is requested.
#[derive(Clone, Debug, Default)]
pub struct Document(pub(super) Vec<(Cow<'static, str>, SectionContent)>);

impl Document {
    /// A document without any content.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Whether nothing at all is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, name: &str) -> Option<&SectionContent> {
        let mut contents = self.0.iter();
        contents
            .find(|(known, _)| known == name)
            .map(|(_, content)| content)
    }

    pub(super) fn set(&mut self, name: &'static str, content: SectionContent) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = content,
            None => self.0.push((name.into(), content)),
        }
    }

    /// The section of `provider`, if there is one and it is an object.
    pub fn section(&self, provider: &str) -> Option<SectionView<'_>> {
        self.get(provider)?.section()
    }

    /// Names of all objects at the top level of the document, ours or not.
    pub fn section_names(&self) -> impl Iterator<Item = &str> {
        let sections = self.0.iter();
        sections
            .filter(|(_, content)| content.section().is_some())
            .map(|(name, _)| name.as_ref())
    }

    /// Removes the section of `provider`.
    pub fn remove(&mut self, provider: &str) {
        self.0.retain(|(name, _)| name != provider);
    }

    /// Replaces the section of `provider` with `section`, unless the old one is newer; clears the provider's failure.
    /// Returns whether the document changed.
    pub fn put(&mut self, provider: &'static str, section: &Section) -> bool {
        let newer_is_there = self
            .section(provider)
            .and_then(SectionView::cached_at)
            .is_some_and(|stored| section.view().cached_at().is_some_and(|new| new < stored));
        if newer_is_there {
            return false;
        }
        self.clear_failure(provider);
        self.set(provider, SectionContent::Made(section.clone()));
        true
    }

    /// Marks the address as not global. Returns whether the document changed.
    pub fn mark_special(&mut self, purpose: &SpecialPurpose) -> bool {
        let validation =
            json!({"is_bogon": true, "reason": purpose.reason, "source": purpose.source});
        let before = self.get(VALIDATION).map(SectionContent::to_value);
        if before.flatten().as_deref() == Some(&validation) {
            return false;
        }
        self.set(VALIDATION, validation.into());
        true
    }

    /// Whether the document says that the address is not global.
    pub fn is_special(&self) -> bool {
        let validation = self.section(VALIDATION);
        validation.and_then(|v| v.get("is_bogon")).as_deref() == Some(&Value::Bool(true))
    }

    /// When the newest section was obtained.
    pub fn newest(&self) -> Option<Timestamp> {
        let sections = self.0.iter().filter_map(|(_, content)| content.section());
        sections.filter_map(SectionView::cached_at).max()
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        let mut contents = self.0.iter();
        self.0.len() == other.0.len()
            && contents.all(|(name, content)| other.get(name) == Some(content))
    }
}
