//! MMDB files in the layout of GeoLite2-ASN and GeoLite2-City.

mod record;
mod sample;
mod synthetic;
mod writer;

pub use record::{AsnRecord, CityRecord};
pub use sample::{sample_asn, sample_city};
pub use synthetic::{Pair, synthetic, synthetic_at};
pub use writer::{BUILD_EPOCH, build, build_at};
