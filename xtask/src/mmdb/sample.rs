//! The two databases of the quick start, made from the table of prefixes.

use super::record::{CityRecord, GeoLiteAsn};
use super::writer::build;
use crate::error::Result;
use crate::prefixes::{countries_by_code, country, prefixes};

const DESCRIPTION: &str = "ipcascade sample, not a data source";

/// `sample-asn.mmdb`.
pub fn sample_asn() -> Result<Vec<u8>> {
    let rows = prefixes()?
        .into_iter()
        .map(|row| {
            let record = GeoLiteAsn {
                autonomous_system_number: row.asn,
                autonomous_system_organization: row.organisation,
            };
            (row.prefix, record)
        })
        .collect();
    build("ipcascade-Sample-ASN", DESCRIPTION, rows)
}

/// `sample-city.mmdb`.
pub fn sample_city() -> Result<Vec<u8>> {
    let countries = countries_by_code()?;
    let mut rows = Vec::new();
    for row in prefixes()? {
        let mut record = CityRecord::country(country(&countries, &row.country)?);
        if let (Some(city), Some(latitude), Some(longitude)) =
            (row.city, row.latitude, row.longitude)
        {
            record = record.at(city, latitude, longitude, 50);
        }
        rows.push((row.prefix, record));
    }
    build("ipcascade-Sample-City", DESCRIPTION, rows)
}
