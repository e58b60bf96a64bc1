//! Records with the field names that MaxMind uses.

use serde::Serialize;

use crate::prefixes::Country;

/// A record of GeoLite2-ASN.
#[derive(Clone, Debug, Serialize)]
pub struct GeoLiteAsn {
    /// The number, always as uint32.
    pub autonomous_system_number: u32,
    /// The organisation it belongs to.
    pub autonomous_system_organization: String,
}

/// A record of GeoLite2-City, English names only.
#[derive(Clone, Debug, Serialize)]
pub struct CityRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<NamedPlace>,
    continent: Continent,
    country: CityPlace,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<CityLocation>,
    registered_country: CityPlace,
}

#[derive(Clone, Debug, Serialize)]
struct NamedPlace {
    names: LocalizedNames,
}

#[derive(Clone, Debug, Serialize)]
struct LocalizedNames {
    en: String,
}

#[derive(Clone, Debug, Serialize)]
struct Continent {
    code: String,
    names: LocalizedNames,
}

#[derive(Clone, Debug, Serialize)]
struct CityPlace {
    iso_code: String,
    names: LocalizedNames,
}

#[derive(Clone, Debug, Serialize)]
struct CityLocation {
    accuracy_radius: u16,
    latitude: f64,
    longitude: f64,
}

impl CityRecord {
    /// A record that knows the country only.
    pub fn country(country: &Country) -> Self {
        let place = CityPlace {
            iso_code: country.country.clone(),
            names: LocalizedNames {
                en: country.name.clone(),
            },
        };
        Self {
            city: None,
            continent: Continent {
                code: country.continent.clone(),
                names: LocalizedNames {
                    en: country.continent_name().to_owned(),
                },
            },
            country: place.clone(),
            location: None,
            registered_country: place,
        }
    }

    /// Adds the registration country where it differs.
    #[must_use]
    pub fn registered_in(mut self, country: &Country) -> Self {
        self.registered_country = CityPlace {
            iso_code: country.country.clone(),
            names: LocalizedNames {
                en: country.name.clone(),
            },
        };
        self
    }

    /// Adds a city and its coordinates, with a radius of `accuracy` kilometres.
    #[must_use]
    pub fn at(mut self, city: String, latitude: f64, longitude: f64, accuracy: u16) -> Self {
        self.city = Some(NamedPlace {
            names: LocalizedNames { en: city },
        });
        self.location = Some(CityLocation {
            accuracy_radius: accuracy,
            latitude,
            longitude,
        });
        self
    }
}
