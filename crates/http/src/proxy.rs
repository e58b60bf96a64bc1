//! Finds out which proxy a request goes through, to name it when it cannot be reached. (The HTTP library decides; this
//! reads the same variables.)

use std::ffi::OsString;

use ipcascade_core::settings::SettingsError;
use reqwest::Url;

/// The variables that name a proxy for `url`, by precedence.
fn variables(url: &Url) -> &'static [&'static str] {
    match url.scheme() {
        "https" => &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        _ => &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    }
}

/// The variable that names the proxy for `url`, and the proxy's host and port, without its password.
pub(crate) fn in_use(url: &Url) -> Option<(&'static str, String)> {
    named(url, |variable| std::env::var(variable).ok())
}

/// Checks the variables that name a proxy for `url`: the HTTP library passes over one that it does not understand, and sends
/// the request directly.
///
/// # Errors
///
/// If one of them is not the URL of a proxy.
pub(crate) fn check(url: &Url) -> Result<(), SettingsError> {
    check_with(url, |variable| std::env::var_os(variable))
}

fn check_with(url: &Url, value_of: impl Fn(&str) -> Option<OsString>) -> Result<(), SettingsError> {
    for variable in variables(url) {
        let Some(value) = value_of(variable) else {
            continue;
        };
        let text = value.to_str().map(str::trim);
        if text == Some("") {
            continue;
        }
        let proxy = text.and_then(proxy_of);
        if proxy.is_none_or(|proxy| !SCHEMES.contains(&proxy.scheme())) {
            return Err(SettingsError::variable(
                *variable,
                "it is not the URL of a proxy; write it as http://HOST:PORT or socks5://HOST:PORT, or unset it",
            ));
        }
    }
    Ok(())
}

/// The kinds of proxies that the HTTP library has.
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// Reads the URL of a proxy, whose scheme may be left out.
fn proxy_of(value: &str) -> Option<Url> {
    let value = value.trim();
    let url = match value.contains("://") {
        true => Url::parse(value),
        false => Url::parse(&format!("http://{value}")),
    };
    url.ok().filter(Url::has_host)
}

fn named(url: &Url, value_of: impl Fn(&str) -> Option<String>) -> Option<(&'static str, String)> {
    let value_of = |variable: &&str| value_of(variable).filter(|value| !value.trim().is_empty());
    let host = url.host_str()?;
    let exempt = ["NO_PROXY", "no_proxy"]
        .iter()
        .find_map(value_of)
        .unwrap_or_default();
    let mut exempt = exempt
        .split(',')
        .map(|name| name.trim().trim_start_matches('.'));
    let is_in = |name: &str| {
        let rest = host.strip_suffix(name);
        !name.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if exempt.any(|name| name == "*" || is_in(name)) {
        return None;
    }
    let (variable, value) = variables(url)
        .iter()
        .find_map(|variable| Some((*variable, value_of(variable)?)))?;
    let proxy = proxy_of(&value)?;
    let port = proxy.port_or_known_default();
    let place = match (proxy.host_str()?, port) {
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    };
    Some((variable, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str, variables: &[(&str, &str)]) -> Option<String> {
        let value_of = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        named(&Url::parse(url).unwrap(), value_of)
            .map(|(variable, place)| format!("{variable} {place}"))
    }

    #[test]
    fn a_proxy_that_would_be_passed_over_is_refused() {
        let url = Url::parse("https://api.greynoise.io/").unwrap();
        for (value, is_sound) in [
            ("http://127.0.0.1:8080", true),
            ("proxy.example:8080", true),
            ("http://me:secret@proxy.example", true),
            ("socks5h://127.0.0.1:1080", true),
            ("", true),
            (" ", true),
            ("http://127.0.0.1:abc", false),
            ("http://me:secret@[::", false),
            ("http://", false),
            ("ftp://127.0.0.1:8080", false),
        ] {
            let value_of = |name: &str| (name == "HTTPS_PROXY").then(|| value.into());
            let checked = check_with(&url, value_of);
            assert_eq!(checked.is_ok(), is_sound, "{value}");
            if let Err(error) = checked {
                assert!(!error.to_string().contains("secret"), "{error}");
            }
        }
    }

    #[test]
    fn the_proxy_is_named_without_its_password() {
        let url = "https://api.greynoise.io/";
        let proxy = ("HTTPS_PROXY", "http://me:secret@proxy.example:8080");
        assert_eq!(
            of(url, &[proxy]).as_deref(),
            Some("HTTPS_PROXY proxy.example:8080")
        );
        assert_eq!(
            of(url, &[proxy, ("NO_PROXY", "example.org, .greynoise.io")]),
            None
        );
        let other = ("NO_PROXY", "noise.io");
        assert!(of(url, &[proxy, other]).is_some());
        assert_eq!(of("http://api.greynoise.io/", &[proxy]), None);
        let socks = ("ALL_PROXY", "socks5h://127.0.0.1:1080");
        assert_eq!(
            of(url, &[socks]).as_deref(),
            Some("ALL_PROXY 127.0.0.1:1080")
        );
        assert_eq!(of(url, &[("https_proxy", "")]), None);
    }
}
