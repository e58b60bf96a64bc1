//! A provider around another one that records what it is asked.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use ipcascade_core::address::Address;
use ipcascade_core::capabilities::Capabilities;
use ipcascade_core::data_version::DataVersion;
use ipcascade_core::lookup::Answers;
use ipcascade_core::provider::Provider;

#[derive(Debug)]
pub(crate) struct CallRecorder {
    inner: Arc<dyn Provider>,
    asked: Mutex<Vec<Address>>,
}

impl CallRecorder {
    pub(crate) fn new(inner: Arc<dyn Provider>) -> Self {
        Self {
            inner,
            asked: Mutex::default(),
        }
    }

    pub(crate) fn asked(&self) -> Vec<Address> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[async_trait]
impl Provider for CallRecorder {
    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    fn data_version(&self) -> Option<DataVersion> {
        self.inner.data_version()
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(addresses);
        self.inner.look_up(addresses).await
    }
}
