//! Records with the field names that MaxMind uses.

use serde::Serialize;

use crate::prefixes::Country;

/// A record of GeoLite2-ASN.
#[derive(Clone, Debug, Serialize)]
pub struct AsnRecord {
    /// The number, always as uint32.
    pub autonomous_system_number: u32,
    /// Who it belongs to.
    pub autonomous_system_organization: String,
}

/// A record of GeoLite2-City, English names only.
#[derive(Clone, Debug, Serialize)]
pub struct CityRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<Named>,
    continent: Continent,
    country: Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    registered_country: Place,
}

#[derive(Clone, Debug, Serialize)]
struct Named {
    names: Names,
}

#[derive(Clone, Debug, Serialize)]
struct Names {
    en: String,
}

#[derive(Clone, Debug, Serialize)]
struct Continent {
    code: String,
    names: Names,
}

#[derive(Clone, Debug, Serialize)]
struct Place {
    iso_code: String,
    names: Names,
}

#[derive(Clone, Debug, Serialize)]
struct Location {
    accuracy_radius: u16,
    latitude: f64,
    longitude: f64,
}

impl CityRecord {
    /// A record that knows the country only.
    pub fn country(country: &Country) -> Self {
        let place = Place {
            iso_code: country.country.clone(),
            names: Names {
                en: country.name.clone(),
            },
        };
        Self {
            city: None,
            continent: Continent {
                code: country.continent.clone(),
                names: Names {
                    en: country.continent_name().to_owned(),
                },
            },
            country: place.clone(),
            location: None,
            registered_country: place,
        }
    }

    /// Adds the country of registration where it is another one.
    #[must_use]
    pub fn registered_in(mut self, country: &Country) -> Self {
        self.registered_country = Place {
            iso_code: country.country.clone(),
            names: Names {
                en: country.name.clone(),
            },
        };
        self
    }

    /// Adds a city and its coordinates, with a radius of `accuracy` kilometres.
    #[must_use]
    pub fn at(mut self, city: String, latitude: f64, longitude: f64, accuracy: u16) -> Self {
        self.city = Some(Named {
            names: Names { en: city },
        });
        self.location = Some(Location {
            accuracy_radius: accuracy,
            latitude,
            longitude,
        });
        self
    }
}
