//! Which sources make statements on a topic.

use crate::audit::topic::Topic;
use crate::field::Field;
use crate::policy::Policy;

/// The sources, by their places in the policy, that may make a statement on either side of a topic.
#[derive(Debug)]
pub(super) struct TopicSources {
    is_within_source: bool,
    lefts: Vec<usize>,
    rights: Vec<usize>,
}

impl TopicSources {
    pub(super) fn of(topic: Topic, policy: &Policy) -> Self {
        let of = |fields: &[Field]| {
            let mut places: Vec<usize> = fields
                .iter()
                .flat_map(|field| policy.candidates(*field))
                .filter_map(|(name, _)| {
                    let mut sources = policy.sources().iter();
                    sources.position(|source| source.name == name)
                })
                .collect();
            places.sort_unstable();
            places.dedup();
            places
        };
        let (lefts, rights) = topic.fields();
        let (mut lefts, mut rights) = (of(lefts), of(rights));
        if topic == Topic::Rpki {
            // Other origins of the prefix whose announcement is invalid.
            lefts.extend(of(&[Field::RPKI_INVALID]));
            rights.extend(of(&[Field::RPKI_INVALID]));
        }
        Self {
            is_within_source: topic.is_within_source(),
            lefts,
            rights,
        }
    }

    /// Whether there are statements to compare if these sources have sections.
    pub(super) fn may_disagree(&self, present: &[bool]) -> bool {
        let is_present = |place: &&usize| present.get(**place) == Some(&true);
        let mut lefts = self.lefts.iter().filter(is_present);
        lefts.any(|left| {
            let mut rights = self.rights.iter().filter(is_present);
            rights.any(|right| (left == right) == self.is_within_source)
        })
    }
}
