//! The quota that a provider uses.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::provider_name::ProviderName;

/// Separates the provider's name from the digest of a key.
const SEPARATOR: char = ':';
/// How many bytes of the hash are used: enough to distinguish keys, and far too few to recover one.
const MARK: usize = 4;

/// What processes that share a store count, pace and pause together: a provider, with one key if it takes keys.
///
/// A new key has a quota of its own, whatever happened to the old one's. The key itself is not stored: only four bytes
/// of its SHA-256 are.
///
/// ```
/// use ipcascade_core::provider_name::ProviderName;
/// use ipcascade_core::quota::Quota;
///
/// let provider = ProviderName::new("greynoise");
/// assert_eq!(Quota::from(provider).as_str(), "greynoise");
/// let quota = Quota::of_key(provider, "secret");
/// assert_eq!(quota.as_str(), "greynoise:2bb80d53");
/// assert_ne!(quota, Quota::of_key(provider, "another"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quota(Arc<str>);

impl Quota {
    /// The quota of `key` with `provider`.
    pub fn of_key(provider: ProviderName, key: &str) -> Self {
        let hash = Sha256::digest(key.as_bytes());
        let mark: String = hash
            .iter()
            .take(MARK)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self(format!("{provider}{SEPARATOR}{mark}").into())
    }

    /// The name under which it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the quota stored under this name is one of `provider`.
    pub fn is_of(name: &str, provider: ProviderName) -> bool {
        let Some(rest) = name.strip_prefix(provider.as_str()) else {
            return false;
        };
        let is_mark = |mark: &str| {
            mark.len() == 2 * MARK && mark.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        rest.is_empty() || rest.strip_prefix(SEPARATOR).is_some_and(is_mark)
    }
}

impl From<ProviderName> for Quota {
    fn from(provider: ProviderName) -> Self {
        Self(provider.as_str().into())
    }
}

impl Display for Quota {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for Quota {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
