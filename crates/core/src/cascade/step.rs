//! A step of the cascade.

use std::sync::Arc;

use chrono::TimeDelta;

use crate::address::Address;
use crate::capabilities::Families;
use crate::field::Field;
use crate::freshness::Freshness;
use crate::provider::Provider;
use crate::special_purpose::{EmbeddedIpv4, SpecialPurpose};

/// A step: a provider, and the fields of which one must be missing for it to be asked.
#[derive(Clone, Debug)]
pub struct Step {
    /// The provider.
    pub provider: Arc<dyn Provider>,
    /// Ask only if one of these is missing; empty: always ask.
    pub if_missing: Vec<Field>,
    /// Ask for addresses that are not global as well, which only offline providers ever are.
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

    /// How long the sections of `step` last, with the data that its provider has now.
    pub fn freshness(&self) -> Freshness {
        let capabilities = self.provider.capabilities();
        Freshness {
            ttl: capabilities.ttl,
            not_found_ttl: capabilities.not_found_ttl,
            version: self.provider.data_version(),
        }
    }

    /// How long its sections last when they are renewed as `renew` says.
    pub fn freshness_to(&self, renew: Renew) -> Freshness {
        match renew {
            Renew::OlderThan(age) => self.freshness().no_older_than(age),
            Renew::Stale | Renew::Everything => self.freshness(),
        }
    }

    /// What its provider is asked for first: the address, or the IPv4 address inside; `None` if it cannot be asked for
    /// either.
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
    /// Those that are stale by their provider's own time to live and data version.
    #[default]
    Stale,
    /// Those, and all that are older than this.
    OlderThan(TimeDelta),
    /// All.
    Everything,
}

/// Whether the provider of `step` can be asked for addresses of this family.
pub(super) fn can_be_asked(step: &Step, address: Address) -> bool {
    address.is_ipv4() || step.provider.capabilities().families != Families::Ipv4
}
