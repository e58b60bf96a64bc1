//! Finds out which proxy a request goes through, to name it when it cannot be reached. (The HTTP library decides; this
//! reads the same variables.)

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
    let value = value.trim();
    let with_scheme = if value.contains("://") {
        value.to_owned()
    } else {
        format!("http://{value}")
    };
    let proxy = Url::parse(&with_scheme).ok()?;
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
