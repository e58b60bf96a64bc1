//! MMDB files in the layout of GeoLite2-ASN and GeoLite2-City.

mod record;
mod sample;
mod synthetic;
mod writer;

pub use record::{CityRecord, GeoLiteAsn};
pub use sample::{sample_asn, sample_city};
pub use synthetic::{DatabasePair, synthetic, synthetic_at};
pub use writer::{BUILD_EPOCH, build, build_at};
