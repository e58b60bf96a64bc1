//! What is known about an AS itself, independent of its addresses.

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::asn::Asn;
use crate::clock::Timestamp;
use crate::country::CountryCode;
use crate::provider_name::ProviderName;

/// What a provider knows about an AS, independent of its addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsnDescription {
    /// The RIR that delegated it, in lower case.
    pub registry: Option<String>,
    /// The country of the holder.
    pub country: Option<CountryCode>,
    /// When it was delegated.
    pub allocated: Option<NaiveDate>,
    /// Its kind of network.
    pub asn_type: Option<String>,
    /// Whether it is known for hosting.
    pub is_hosting: Option<bool>,
    /// Whether it is known for VPN exits.
    pub is_vpn: Option<bool>,
    /// The date of this information.
    pub as_of: Option<Timestamp>,
}

/// A source that knows about ASes themselves.
#[derive(Clone)]
pub struct AsnSource {
    name: ProviderName,
    describe: Arc<dyn Fn(Asn) -> Option<AsnDescription> + Send + Sync>,
}

impl AsnSource {
    /// The source `name`, which answers with what `describe` returns.
    pub fn new(
        name: ProviderName,
        describe: impl Fn(Asn) -> Option<AsnDescription> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            describe: Arc::new(describe),
        }
    }

    /// Its name.
    pub const fn name(&self) -> ProviderName {
        self.name
    }

    /// Returns what it knows about `asn`.
    pub fn describe(&self, asn: Asn) -> Option<AsnDescription> {
        (self.describe)(asn)
    }
}

impl fmt::Debug for AsnSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsnSource").field(&self.name).finish()
    }
}
