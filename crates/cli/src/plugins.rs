//! The providers and stores that are linked into this program, one line each.
//!
//! A crate that no code mentions is not linked, and its registration is silently missing.

#[cfg(feature = "provider-cymru")]
use ipcascade_provider_cymru as _;
#[cfg(feature = "provider-greynoise")]
use ipcascade_provider_greynoise as _;
#[cfg(feature = "provider-maxmind")]
use ipcascade_provider_maxmind as _;
#[cfg(feature = "provider-rdns")]
use ipcascade_provider_rdns as _;
#[cfg(feature = "provider-rir")]
use ipcascade_provider_rir as _;
#[cfg(feature = "store-postgres")]
use ipcascade_store_postgres as _;
#[cfg(feature = "store-sqlite")]
use ipcascade_store_sqlite as _;
