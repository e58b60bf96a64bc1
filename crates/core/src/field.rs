//! Normalised fields: one name for what providers call by different names.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use ipnet::IpNet;
use serde_json::Value;

use crate::asn::Asn;
use crate::country::CountryCode;

/// A fact about an address that several providers may state, under one name for all.
///
/// The set is open: a provider may declare a field of its own with [`Field::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Field(&'static str);

impl Field {
    /// A field with this name (lower case, underscores).
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// A field whose name is only known at run time, from the configuration. The name is kept until the program ends,
    /// once however often it is requested.
    pub fn named(name: &str) -> Self {
        static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        if let Some(field) = Self::well_known(name) {
            return field;
        }
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&known) = names.get(name) {
            return Self(known);
        }
        let kept: &'static str = Box::leak(name.into());
        names.insert(kept);
        Self(kept)
    }

    /// The field of this name that the project defines.
    pub fn well_known(name: &str) -> Option<Self> {
        let mut fields = Self::WELL_KNOWN.iter().copied();
        fields.find(|field| field.0 == name)
    }

    /// Whether `name` can be that of a field: lower case ASCII letters, digits and `_`.
    pub fn is_name(name: &str) -> bool {
        let is_of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        !name.is_empty() && name.chars().all(is_of_name)
    }

    /// The name, as in configuration and output.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

/// The type of a field's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// An ASN, or `AS` and the number.
    Asn,
    /// A list of ASNs.
    Asns,
    /// An ISO 3166-1 alpha-2 code.
    Country,
    /// A prefix.
    Prefix,
    /// True or false.
    Flag,
    /// A number.
    Number,
    /// Text.
    Text,
    /// A list of texts.
    Texts,
}

impl FieldKind {
    /// Whether `value` is of this type.
    pub fn is_of(self, value: &Value) -> bool {
        let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
        let all = |is_of: &dyn Fn(&Value) -> bool| {
            let values = value.as_array();
            values.is_some_and(|values| values.iter().all(is_of))
        };
        match self {
            Self::Asn => Asn::from_json(value).is_some(),
            Self::Asns => all(&|value| Asn::from_json(value).is_some()),
            Self::Country => CountryCode::from_json(value).is_some(),
            Self::Prefix => value.as_str().is_some_and(|it| it.parse::<IpNet>().is_ok()),
            Self::Flag => value.is_boolean(),
            Self::Number => value.is_number(),
            Self::Text => is_text(value),
            Self::Texts => all(&is_text),
        }
    }
}

impl fmt::Display for FieldKind {
    /// With an article, as in "expected …".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Asn => "an AS number",
            Self::Asns => "a list of AS numbers",
            Self::Country => "a country code of two letters",
            Self::Prefix => "a prefix",
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::Text => "text",
            Self::Texts => "a list of texts",
        })
    }
}

macro_rules! fields {
    ($($(#[doc = $doc:literal])* $constant:ident = $name:literal: $kind:ident;)*) => {
        impl Field {
            $($(#[doc = $doc])* pub const $constant: Self = Self($name);)*
            /// What it means, for the fields that the project defines.
            pub fn meaning(self) -> Option<&'static str> {
                match self.0 {
                    $($name => Some(concat!($($doc),*).trim_ascii()),)*
                    _ => None,
                }
            }

            /// The fields that the project defines.
            pub const WELL_KNOWN: &'static [Self] = &[$(Self::$constant),*];

            /// The type of its values, for the fields that the project defines.
            pub fn kind(self) -> Option<FieldKind> {
                match self.0 {
                    $($name => Some(FieldKind::$kind),)*
                    _ => None,
                }
            }
        }
    };
}

fields! {
    /// Origin AS of the address: a number.
    ASN = "asn": Asn;
    /// Name of the organization that runs the origin AS.
    ASN_ORG = "asn_org": Text;
    /// Kind of network of the origin AS: `hosting`, `isp`, `business`, …
    ASN_TYPE = "asn_type": Text;
    /// All origin ASes of a MOAS prefix: a list of numbers.
    ORIGINS = "origins": Asns;
    /// Geo country: where the address is (ISO 3166-1 alpha-2), not where it is registered.
    COUNTRY = "country": Country;
    /// English name of that country.
    COUNTRY_NAME = "country_name": Text;
    /// City where the address is.
    CITY = "city": Text;
    /// Latitude in degrees; says little without `accuracy_radius`.
    LATITUDE = "latitude": Number;
    /// Longitude in degrees; says little without `accuracy_radius`.
    LONGITUDE = "longitude": Number;
    /// Radius around the coordinates, in kilometres, that the address is likely within.
    ACCURACY_RADIUS = "accuracy_radius": Number;
    /// Registration country of the network, according to the geolocation provider.
    REGISTERED_COUNTRY = "registered_country": Country;
    /// Registration country of the origin AS or the prefix, from registry data.
    REGISTRY_COUNTRY = "registry_country": Country;
    /// RIR: `arin`, `ripencc`, `apnic`, `lacnic`, `afrinic`.
    REGISTRY = "registry": Text;
    /// The most specific prefix that the answer is for.
    PREFIX = "prefix": Prefix;
    /// Whether the announcement of the prefix by its origin AS agrees with the RPKI (RFC 6811): `valid`, `invalid`, `not_found`.
    RPKI = "rpki": Text;
    /// Origins of the prefix whose announcement is RPKI-invalid, `asn` or others: a list of numbers.
    RPKI_INVALID = "rpki_invalid": Asns;
    /// When the registry allocated the prefix: a date.
    ALLOCATION_DATE = "allocation_date": Text;
    /// Internet provider that serves the address.
    ISP = "isp": Text;
    /// The cloud that the address belongs to: `aws`, `azure`, `gcp`, …
    CLOUD = "cloud": Text;
    /// The region of that cloud, as the cloud names it.
    CLOUD_REGION = "cloud_region": Text;
    /// Whether the address belongs to a hosting provider.
    IS_HOSTING = "is_hosting": Flag;
    /// Whether the address is an exit of a VPN service.
    IS_VPN = "is_vpn": Flag;
    /// Whether the address is an open proxy.
    IS_PROXY = "is_proxy": Flag;
    /// Whether the address is a Tor exit.
    IS_TOR = "is_tor": Flag;
    /// Whether the address is on a block list.
    IS_BLOCKLISTED = "is_blocklisted": Flag;
    /// Names of the lists that the address is on, the narrowest hit first.
    LISTS = "lists": Texts;
    /// Whether the address scans the whole Internet.
    NOISE = "noise": Flag;
    /// Whether the address belongs to a common business service.
    RIOT = "riot": Flag;
    /// The classification of the scanner: `benign`, `malicious`, `unknown`, …
    CLASSIFICATION = "classification": Text;
    /// Name of the scanner or business service.
    ACTOR = "actor": Text;
    /// Reverse DNS name.
    HOSTNAME = "hostname": Text;
    /// The embedded IPv4 address that an answer about an IPv6 address is for; set by the core.
    EMBEDDED_IPV4 = "embedded_ipv4": Text;
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Which key of a provider's section holds a normalised field.
#[derive(Clone, Copy, Debug)]
pub struct FieldSource {
    /// The normalised field.
    pub field: Field,
    /// Its key in the provider's section.
    pub key: &'static str,
}

impl FieldSource {
    /// `field` is held under `key`.
    pub const fn new(field: Field, key: &'static str) -> Self {
        Self { field, key }
    }

    /// `field` is held under its own name.
    pub const fn same(field: Field) -> Self {
        Self {
            field,
            key: field.0,
        }
    }
}
