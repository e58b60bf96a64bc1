//! A configuration with a change; the origin of values is kept, for messages.

use figment::value::{Dict, Map, Tag};
use figment::{Figment, Metadata, Profile, Provider};

struct Changed<'a, F> {
    figment: &'a Figment,
    change: F,
}

/// The configuration in which `change` was made to the values of each profile.
pub(super) fn changed(figment: &Figment, change: impl Fn(&mut Dict)) -> Figment {
    Figment::from(Changed { figment, change })
}

impl<F: Fn(&mut Dict)> Provider for Changed<'_, F> {
    fn metadata(&self) -> Metadata {
        Provider::metadata(self.figment)
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let mut profiles = Provider::data(self.figment)?;
        profiles.values_mut().for_each(&self.change);
        Ok(profiles)
    }

    fn profile(&self) -> Option<Profile> {
        Provider::profile(self.figment)
    }

    fn __metadata_map(&self) -> Option<Map<Tag, Metadata>> {
        Provider::__metadata_map(self.figment)
    }
}
