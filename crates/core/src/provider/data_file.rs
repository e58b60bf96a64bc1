//! The data of a provider.

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
    /// Its own name, such as `GeoLite2-ASN`.
    pub edition: String,
    /// When its data was built.
    pub built_at: Option<Timestamp>,
    /// The number of records (networks with data), if counted.
    pub records: Option<u64>,
    /// `4` or `6`: the addresses that it covers.
    pub ip_version: u16,
    /// The fields of its records, under the names of the section.
    pub fields: Vec<String>,
}
