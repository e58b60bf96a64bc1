//! How long a section stays fresh.

use chrono::TimeDelta;

use crate::clock::{TOLERANCE, Timestamp};
use crate::data_version::DataVersion;
use crate::section::SectionView;

/// How long a section stays fresh: until its TTL ends or its data version is superseded, whichever is first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// The TTL of an answer with data; `None`: as long as the data version.
    pub ttl: Option<TimeDelta>,
    /// The TTL of "not found"; `None`: as long as the data version.
    pub not_found_ttl: Option<TimeDelta>,
    /// The provider's current data version, if it has one.
    pub version: Option<DataVersion>,
}

impl Freshness {
    /// The same, but nothing older than `max_age` counts as fresh.
    #[must_use]
    pub fn no_older_than(mut self, max_age: TimeDelta) -> Self {
        let shorter = |ttl: Option<TimeDelta>| Some(ttl.map_or(max_age, |ttl| ttl.min(max_age)));
        self.ttl = shorter(self.ttl);
        self.not_found_ttl = shorter(self.not_found_ttl);
        self
    }

    /// Whether `section` is fresh at `now`. A section without a readable time, or from more than a day in the future,
    /// is not fresh.
    pub fn covers(&self, section: SectionView<'_>, now: Timestamp) -> bool {
        let Some(cached_at) = section.cached_at() else {
            return false;
        };
        if cached_at > now + TOLERANCE {
            return false;
        }
        if self
            .version
            .as_ref()
            .is_some_and(|version| version.supersedes(section.version()))
        {
            return false;
        }
        let ttl = if section.is_found() {
            self.ttl
        } else {
            self.not_found_ttl
        };
        ttl.is_none_or(|ttl| now - cached_at < ttl)
    }

    /// When `section` becomes stale, if that depends on time.
    pub fn expires_at(&self, section: SectionView<'_>) -> Option<Timestamp> {
        let ttl = if section.is_found() {
            self.ttl
        } else {
            self.not_found_ttl
        };
        Some(section.cached_at()? + ttl?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::clock::parse_timestamp;
    use crate::section::Section;

    fn at(text: &str) -> Timestamp {
        parse_timestamp(text).unwrap()
    }

    fn section(cached_at: &str) -> Section {
        Section::found(Map::new(), None, None, at(cached_at))
    }

    #[test]
    fn each_section_ages_by_its_own_stamp_and_version() {
        let now = at("2026-03-01");
        let by_age = Freshness {
            ttl: Some(TimeDelta::days(7)),
            not_found_ttl: Some(TimeDelta::days(1)),
            version: None,
        };
        assert!(by_age.covers(section("2026-02-25T00:00:00Z").view(), now));
        assert!(!by_age.covers(section("2026-02-22T00:00:00Z").view(), now));
        assert!(!by_age.covers(section("2027-02-22T00:00:00Z").view(), now));
        let nothing = Section::not_found(None, at("2026-02-27T00:00:00Z"));
        assert!(!by_age.covers(nothing.view(), now));

        let old = DataVersion::new(at("2026-01-01"), "a");
        let new = DataVersion::new(at("2026-02-01"), "a");
        let sibling = DataVersion::new(at("2026-02-01"), "b");
        let made_from = |version| Section::found(Map::new(), None, Some(version), now);
        let by_version = Freshness {
            version: Some(new.clone()),
            ..Freshness::default()
        };
        assert!(!by_version.covers(made_from(&old).view(), now));
        assert!(by_version.covers(made_from(&new).view(), now));
        assert!(!by_version.covers(made_from(&sibling).view(), now));
        assert!(old.is_behind(new.as_str()) && !new.is_behind(old.as_str()));
        assert!(!new.is_behind(sibling.as_str()));
        let behind = Freshness {
            version: Some(old.clone()),
            ..Freshness::default()
        };
        assert!(
            behind.covers(made_from(&new).view(), now),
            "a newer build elsewhere is respected"
        );
    }
}
