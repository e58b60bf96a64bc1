//! A step of the cascade.

use std::sync::Arc;

use chrono::TimeDelta;

use crate::address::Address;
use crate::capabilities::Families;
use crate::field::Field;
use crate::freshness::Freshness;
use crate::provider::Provider;
use crate::special_purpose::{EmbeddedIpv4, SpecialPurpose};

/// A step: a provider, and fields of which one must be missing for it to be asked.
#[derive(Clone, Debug)]
pub struct Step {
    /// The provider.
    pub provider: Arc<dyn Provider>,
    /// Ask only if one of these is missing; empty: always ask.
    pub if_missing: Vec<Field>,
    /// Also ask about addresses that are not global, for offline providers only.
    pub private: bool,
}

impl Step {
    /// Whether the step sees an address: one that is not global never leaves this machine.
    pub(super) fn sees(&self, special: Option<&SpecialPurpose>) -> bool {
        special.is_none() || (self.private && !self.goes_online())
    }

    /// Whether asking its provider sends packets.
    pub fn goes_online(&self) -> bool {
        self.provider.capabilities().online
    }

    /// How long the sections of the step stay fresh, given its provider's current data.
    pub fn freshness(&self) -> Freshness {
        let capabilities = self.provider.capabilities();
        Freshness {
            ttl: capabilities.ttl,
            not_found_ttl: capabilities.not_found_ttl,
            version: self.provider.data_version(),
        }
    }

    /// How long its sections stay fresh if they are renewed according to `renew`.
    pub fn freshness_to(&self, renew: Renew) -> Freshness {
        match renew {
            Renew::OlderThan(age) => self.freshness().no_older_than(age),
            Renew::Stale | Renew::Everything => self.freshness(),
        }
    }

    /// The address that its provider is asked about first: the address itself, or the embedded IPv4 address; `None` if
    /// it can be asked about neither.
    pub(super) fn asks_for(&self, address: Address) -> Option<Address> {
        match can_be_asked(self, address) {
            true => Some(address),
            false => EmbeddedIpv4::in_address(address).map(EmbeddedIpv4::host),
        }
    }
}

/// Which sections are looked up again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renew {
    /// Sections that are stale by their provider's own TTL and data version.
    #[default]
    Stale,
    /// These, and all that are older than this.
    OlderThan(TimeDelta),
    /// All.
    Everything,
}

/// Whether the provider of `step` can be asked about addresses of this family.
pub(super) fn can_be_asked(step: &Step, address: Address) -> bool {
    address.is_ipv4() || step.provider.capabilities().families != Families::Ipv4
}
