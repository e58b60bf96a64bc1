//! The calls of the service.

use ipcascade_core::address::Address;
use ipcascade_core::lookup::LookupFailure;
use ipcascade_http::{Client, Reply};
use serde_json::json;

/// The largest body that is read for one address; a full record has about 100 kB at most.
const LARGEST_BODY: usize = 4 << 20;
/// The largest body that is read for many addresses at once.
const LARGEST_MULTI_BODY: usize = 128 << 20;

#[derive(Debug)]
pub(crate) struct Api(pub(crate) Client);

impl Api {
    /// The community call.
    pub(crate) async fn community(&self, address: Address) -> Result<Reply, LookupFailure> {
        let path = format!("v3/community/{address}");
        self.0.get(&path, address, LARGEST_BODY).await
    }

    /// The full record of one address, or with `quick` only its verdict.
    pub(crate) async fn single(
        &self,
        address: Address,
        quick: bool,
    ) -> Result<Reply, LookupFailure> {
        let query = if quick { "?quick=true" } else { "" };
        let path = format!("v3/ip/{address}{query}");
        self.0.get(&path, address, LARGEST_BODY).await
    }

    /// The full records of many addresses.
    pub(crate) async fn multi(&self, addresses: &[Address]) -> Result<Reply, LookupFailure> {
        let body = json!({"ips": addresses});
        self.0.post("v3/ip", &body, LARGEST_MULTI_BODY).await
    }
}
