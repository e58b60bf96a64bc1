//! Identifiers that are the same in every run: UUIDs of version 5 ([RFC 9562], 5.5) of what they stand for.
//!
//! [RFC 9562]: https://www.rfc-editor.org/rfc/rfc9562#section-5.5

use ipcascade_core::address::Address;
use uuid::Uuid;

/// The namespace of all identifiers of this program.
const NAMESPACE: Uuid = Uuid::from_u128(0x7d0c_5c1e_3f0b_4a52_9a53_5a36_5e0f_9c41);

/// The identifiers of one publisher; no other has the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ids {
    namespace: Uuid,
}

impl Ids {
    /// Those of the publisher with this name.
    pub(super) fn of(publisher: &str) -> Self {
        let namespace = named(NAMESPACE, "organization", publisher);
        Self { namespace }
    }

    /// That of the publisher.
    pub(super) const fn publisher(self) -> Uuid {
        self.namespace
    }

    /// That of the indicator for an address.
    pub(super) fn indicator(self, address: Address) -> Uuid {
        named(self.namespace, "indicator", &address.to_string())
    }

    /// That of a bundle with this content.
    pub(super) fn bundle(self, digest: &str) -> Uuid {
        named(self.namespace, "bundle", digest)
    }

    /// That of the event of a day, as `2026-01-31`, in a feed with this name.
    pub(super) fn event(self, feed: &str, day: &str) -> Uuid {
        named(self.namespace, "event", &format!("{feed} {day}"))
    }
}

/// That of an address in an event.
pub(super) fn attribute(event: Uuid, address: Address) -> Uuid {
    named(event, "attribute", &address.to_string())
}

fn named(namespace: Uuid, kind: &str, name: &str) -> Uuid {
    Uuid::new_v5(&namespace, format!("{kind}:{name}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_stay_and_differ() {
        let address = "192.0.2.1".parse().unwrap();
        let ids = Ids::of("CERT Example");
        // Platforms that have imported a feed know it by these.
        assert_eq!(
            ids.publisher().to_string(),
            "8d13e58b-cd18-52cf-9ba3-21febb8d3d67"
        );
        let all = [
            ids.publisher(),
            ids.indicator(address),
            Ids::of("ipcascade").indicator(address),
            ids.indicator("192.0.2.2".parse().unwrap()),
            ids.event("a", "2026-01-31"),
            ids.event("b", "2026-01-31"),
            attribute(ids.event("a", "2026-01-31"), address),
            attribute(ids.event("b", "2026-01-31"), address),
            ids.bundle("192.0.2.1"),
        ];
        let distinct: std::collections::BTreeSet<Uuid> = all.into_iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
