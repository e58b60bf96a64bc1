//! Settings in the form that all DNS providers share.

use std::net::{IpAddr, SocketAddr};

use ipcascade_core::settings::{Settings, SettingsError};

/// Reads the resolvers under `key`, each an address with or without a port.
///
/// # Errors
///
/// If one is anything else.
pub fn servers(
    settings: &Settings,
    key: &str,
    texts: &[String],
) -> Result<Vec<SocketAddr>, SettingsError> {
    let server = |text: &String| {
        let bare = text.trim();
        let address = bare.parse::<SocketAddr>();
        let address = address.or_else(|_| bare.parse::<IpAddr>().map(|ip| (ip, 53).into()));
        address.map_err(|_| {
            let expected = format!(
                "expected an address such as \"9.9.9.9\", \"127.0.0.1:5353\" or \"[::1]:53\", found {text:?}"
            );
            settings.refused(key, expected)
        })
    };
    texts.iter().map(server).collect()
}

/// Checks the number of concurrent questions under `key`.
///
/// # Errors
///
/// If it is zero.
pub fn check_concurrency(
    settings: &Settings,
    key: &str,
    concurrency: usize,
) -> Result<(), SettingsError> {
    match concurrency {
        0 => Err(settings.invalid(key, "expected 1 or more")),
        _ => Ok(()),
    }
}
