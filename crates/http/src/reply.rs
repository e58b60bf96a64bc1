//! An answer, and checks that it is from the service and about the address.

use ipcascade_core::address::Address;
use ipcascade_core::lookup::LookupFailure;
use serde_json::{Map, Value};

use crate::service::Service;

/// An answer with data in it.
#[derive(Debug)]
pub struct Reply {
    pub(crate) title: &'static str,
    /// Whether the status is 404, which some services use for "not found".
    pub is_not_found: bool,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer of `service`.
    pub const fn new(service: &Service, is_not_found: bool, body: Vec<u8>) -> Self {
        Self {
            title: service.title,
            is_not_found,
            body,
        }
    }

    /// The body, if it is a JSON object.
    pub fn object(&self) -> Option<Map<String, Value>> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns the JSON object whose `key` names `address`.
    ///
    /// # Errors
    ///
    /// If it is anything else: the page of some web server for an unknown path, or of a captive portal, is not an
    /// answer of the service.
    pub fn object_about(
        &self,
        address: Address,
        key: &str,
    ) -> Result<Map<String, Value>, LookupFailure> {
        let object = self.object();
        let object = object.ok_or_else(|| self.foreign(address, "is not a JSON object"))?;
        self.check_about(address, &object, key)?;
        Ok(object)
    }

    /// Checks that `key` of `object`, a part of the answer, names `address`.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub fn check_about(
        &self,
        address: Address,
        object: &Map<String, Value>,
        key: &str,
    ) -> Result<(), LookupFailure> {
        let own = object.get(key).and_then(Value::as_str);
        match own.and_then(|text| text.parse::<Address>().ok()) {
            Some(own) if own == address => Ok(()),
            Some(_) => Err(self.broken(address, "is about another address")),
            None => Err(self.foreign(address, "does not say which address it is about")),
        }
    }

    /// The failure of an answer about `address` that is malformed.
    pub fn broken(&self, address: Address, problem: &str) -> LookupFailure {
        let title = self.title;
        LookupFailure::transient(format!("{title}'s answer for {address} {problem}"))
    }

    /// The failure of an answer about `address` that is not from the service.
    pub fn foreign(&self, address: Address, problem: &str) -> LookupFailure {
        let title = self.title;
        let status = if self.is_not_found { "(HTTP 404) " } else { "" };
        self.broken(
            address,
            &format!("{status}{problem}: it is not {title}'s; check `base_url`"),
        )
    }
}
