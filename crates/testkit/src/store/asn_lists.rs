//! A source that knows ASNs but no addresses, as lists of ASNs do.

use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::asn_description::AsnDescription;
use ipcascade_core::capabilities::Capabilities;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::lookup::{Answers, Outcome};
use ipcascade_core::policy::{Policy, PolicySource};
use ipcascade_core::provider::{Provider, asn_source};
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::store::AsnRow;

use super::fixtures::policy;

const LISTS: ProviderName = ProviderName::new("lists");
const FIELDS: [Field; 3] = [Field::IS_HOSTING, Field::IS_VPN, Field::ASN_TYPE];

/// Returns the same description for every AS.
#[derive(Debug)]
struct AsnLists {
    capabilities: Capabilities,
    says: AsnDescription,
}

#[async_trait]
impl Provider for AsnLists {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn describe_asn(&self, _: Asn) -> Option<AsnDescription> {
        Some(self.says.clone())
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        Answers::unversioned(vec![Outcome::NotFound; addresses.len()])
    }
}

/// The usual policy, plus a source of lowest rank that describes every AS: its kind of network, whether it is known for
/// VPN exits, and always that it is known for hosting.
pub(crate) fn policy_with_lists(kind: &str, is_vpn: bool, as_of: Timestamp) -> Policy {
    let mut sources = policy().sources().to_vec();
    sources.push(PolicySource {
        name: LISTS,
        fields: FIELDS.map(FieldSource::same).to_vec().into(),
    });
    Policy::new(sources).informed_by(asn_source(Arc::new(AsnLists {
        capabilities: Capabilities::offline(LISTS, FIELDS.to_vec()),
        says: AsnDescription {
            asn_type: Some(kind.to_owned()),
            is_hosting: Some(true),
            is_vpn: Some(is_vpn),
            as_of: Some(as_of),
            ..AsnDescription::default()
        },
    })))
}

/// Returns the stored values of that description.
pub(crate) fn listed(row: &AsnRow) -> (Option<&str>, bool, bool) {
    (
        row.asn_type.as_deref(),
        row.is_known_hosting,
        row.is_known_vpn,
    )
}
