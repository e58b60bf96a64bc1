//! The hand-written table of well-known prefixes.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

const PREFIXES: &str = include_str!("../data/prefixes.csv");
const COUNTRIES: &str = include_str!("../data/countries.csv");

/// One announced prefix.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Prefix {
    /// The network.
    pub prefix: IpNet,
    /// The AS that announces it.
    pub asn: u32,
    /// Its organisation.
    pub organisation: String,
    /// ISO 3166 code of the country where the prefix is used.
    pub country: String,
    /// The city, if the whole prefix is in one.
    pub city: Option<String>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
}

/// A country.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Country {
    /// ISO 3166 code.
    pub country: String,
    /// English name.
    pub name: String,
    /// Code of the continent.
    pub continent: String,
}

impl Country {
    /// English name of the continent.
    pub fn continent_name(&self) -> &'static str {
        match self.continent.as_str() {
            "AF" => "Africa",
            "AN" => "Antarctica",
            "AS" => "Asia",
            "EU" => "Europe",
            "NA" => "North America",
            "OC" => "Oceania",
            "SA" => "South America",
            _ => "Unknown",
        }
    }
}

/// All prefixes, in the order of the file.
pub fn prefixes() -> Result<Vec<Prefix>> {
    rows(PREFIXES)
}

/// All countries, in the order of the file.
pub fn countries() -> Result<Vec<Country>> {
    rows(COUNTRIES)
}

/// All countries by their code.
pub fn countries_by_code() -> Result<BTreeMap<String, Country>> {
    Ok(countries()?
        .into_iter()
        .map(|country| (country.country.clone(), country))
        .collect())
}

/// The country with this code.
pub(crate) fn country<'a>(
    countries: &'a BTreeMap<String, Country>,
    code: &str,
) -> Result<&'a Country> {
    countries
        .get(code)
        .ok_or_else(|| Error::Country(code.to_owned()))
}

fn rows<T: DeserializeOwned>(text: &str) -> Result<Vec<T>> {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    Ok(reader
        .deserialize()
        .collect::<std::result::Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_sound() {
        let countries = countries_by_code().unwrap();
        let mut seen = BTreeMap::new();
        let mut organisations = BTreeMap::new();
        for row in prefixes().unwrap() {
            let text = row.prefix.to_string();
            assert_eq!(row.prefix, row.prefix.trunc(), "{text} has host bits");
            assert!(seen.insert(row.prefix, ()).is_none(), "{text} stands twice");
            assert_ne!(row.asn, 0, "{text}");
            assert!(!row.organisation.is_empty(), "{text}");
            assert!(
                countries.contains_key(&row.country),
                "{text}: {}",
                row.country
            );
            assert_eq!(row.city.is_some(), row.latitude.is_some(), "{text}");
            assert_eq!(row.latitude.is_some(), row.longitude.is_some(), "{text}");
            let first = organisations
                .entry(row.asn)
                .or_insert_with(|| row.organisation.clone());
            assert_eq!(*first, row.organisation, "AS{} has two names", row.asn);
        }
    }

    #[test]
    fn the_table_is_as_broad_as_it_claims() {
        let rows = prefixes().unwrap();
        let countries: std::collections::BTreeSet<_> = rows.iter().map(|r| &r.country).collect();
        assert!(rows.len() >= 200, "{} prefixes", rows.len());
        assert!(countries.len() >= 60, "{} countries", countries.len());
        assert!(rows.iter().any(|row| matches!(row.prefix, IpNet::V6(_))));
    }
}
