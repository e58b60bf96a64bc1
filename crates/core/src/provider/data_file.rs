//! What a provider works from.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::provider_name::ProviderName;

/// A data file that a provider works from.
#[derive(Clone, Debug, Serialize)]
pub struct DataFile {
    /// The provider that uses it.
    pub provider: ProviderName,
    /// Where it is.
    pub path: String,
    /// What it calls itself, such as `GeoLite2-ASN`.
    pub edition: String,
    /// When its data was built.
    pub built_at: Option<Timestamp>,
    /// How many records (networks with data) it holds, if that was counted.
    pub records: Option<u64>,
    /// `4`, `6`: which addresses it has.
    pub ip_version: u16,
    /// The fields that its records give, under the names of the section.
    pub fields: Vec<String>,
}
