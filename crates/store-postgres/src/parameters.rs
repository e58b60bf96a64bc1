//! Converts the URL of a database to connection options.
//!
//! The driver logs a warning about an unknown parameter, and connects without it: with `sslmod=require` perhaps
//! unencrypted. So every parameter is checked first.

use std::path::Path;
use std::str::FromStr as _;

use ipcascade_core::home::expand_home;
use ipcascade_core::settings::SettingsError;
use ipcascade_core::store::StoreUrl;
use percent_encoding::percent_decode_str;
use sqlx::postgres::PgConnectOptions;

use crate::environment;
use crate::parameter_values::{Pairs, expected};

/// The parameters that the driver knows, except `options[…]`.
const KNOWN: [&str; 19] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "client_encoding",
];
/// Those that libpq has as well, for messages.
const NAMED: &str = "host, hostaddr, port, dbname, user, password, application_name, options, sslmode, sslrootcert, \
                     sslcert, sslkey";

/// The options of a connection to `url`.
///
/// # Errors
///
/// If a part of the URL or a parameter is invalid.
pub(crate) fn connect_options(url: &StoreUrl) -> Result<PgConnectOptions, SettingsError> {
    let mut pairs = of_address(&url.expose()).map_err(invalid)?;
    let parameters = url.parameters();
    for (name, value) in &parameters {
        if !is_known(name) {
            return Err(invalid(not_understood(&url.naming(name), name)));
        }
        check(name, value).map_err(invalid)?;
        if parameters.iter().filter(|(other, _)| other == name).count() > 1 {
            return Err(invalid(format!(
                "its parameter `{name}` is there twice; remove one of them"
            )));
        }
    }
    // In a URL, a host in the query takes precedence over the one in the authority, which may be a placeholder.
    pairs.extend(
        parameters
            .into_iter()
            .filter(|(name, _)| name != "client_encoding")
            .map(with_home),
    );
    // If both are present, the connection goes to this one.
    if pairs.iter().any(|(name, _)| name == "hostaddr") {
        pairs.retain(|(name, _)| name != "host");
    }
    environment::check(&pairs, |name| std::env::var_os(name))?;
    check_files(&pairs)?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&pairs);
    // All as parameters: the driver's URL parser refuses a user without a host, as in `//me@/db?host=/run/postgresql`.
    PgConnectOptions::from_str(&format!("postgresql:///?{}", query.finish())).map_err(|_| {
        // The driver's message may repeat a password.
        invalid("it is not a URL that PostgreSQL's driver understands; use postgresql://USER@HOST:PORT/DATABASE".to_owned())
    })
}

/// Whether the URL or the environment has a password, so that none is looked for elsewhere.
pub(crate) fn has_password(url: &StoreUrl) -> bool {
    let of_url = of_address(&url.expose()).unwrap_or_default();
    let mut pairs = of_url.into_iter().chain(url.parameters());
    pairs.any(|(name, _)| name == "password") || std::env::var_os("PGPASSWORD").is_some()
}

fn invalid(problem: String) -> SettingsError {
    SettingsError::new("store.url", problem)
}

/// The parts before the query, as parameters.
pub(crate) fn of_address(url: &str) -> Result<Pairs, String> {
    let (_, rest) = url.split_once("//").unwrap_or_default();
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (credentials, place) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    // The colons of an IPv6 address are in brackets.
    let (host, port) = match place
        .strip_prefix('[')
        .and_then(|place| place.split_once(']'))
    {
        Some((host, after)) => (host, after.strip_prefix(':').unwrap_or(after)),
        None => place.rsplit_once(':').unwrap_or((place, "")),
    };
    let parts = [
        ("host", host),
        ("port", port),
        ("user", user),
        ("password", password),
        ("dbname", path),
    ];
    let mut pairs = Pairs::new();
    for (name, part) in parts.into_iter().filter(|(_, part)| !part.is_empty()) {
        let value = percent_decode_str(part).decode_utf8();
        let value = value.map_err(|_| format!("its {name} is not UTF-8"))?;
        check(name, &value)?;
        pairs.push((name.to_owned(), value.into_owned()));
    }
    Ok(pairs)
}

fn is_known(name: &str) -> bool {
    KNOWN.contains(&name) || (name.starts_with("options[") && name.ends_with(']'))
}

/// `naming` is what the parameter `name` is called.
fn not_understood(naming: &str, name: &str) -> String {
    match name {
        "connect_timeout" => {
            format!("{naming} is not understood; set `store.connect_timeout` instead")
        }
        _ => format!("{naming} is not understood; the parameters are {NAMED}"),
    }
}

/// Whether the driver takes a parameter that it knows as it is meant.
fn check(name: &str, value: &str) -> Result<(), String> {
    match expected(name, value) {
        None => Ok(()),
        Some(expected) => Err(format!(
            "its parameter `{name}` is not valid; use {expected}"
        )),
    }
}

/// Checks the files of certificates and keys, which the driver reads without naming them.
fn check_files(pairs: &Pairs) -> Result<(), SettingsError> {
    for (name, file) in pairs.iter().filter(|(name, _)| is_file(name)) {
        // The certificate itself may stand there.
        if file.contains("-----BEGIN") {
            continue;
        }
        if let Err(error) = std::fs::File::open(file) {
            return Err(invalid(format!(
                "its parameter `{name}` names `{file}`, which cannot be read ({error}); correct it"
            )));
        }
    }
    Ok(())
}

/// Whether a parameter is a file of a certificate or a key.
fn is_file(name: &str) -> bool {
    name.starts_with("ssl") && !name.ends_with("mode")
}

/// Files may be in the user's home.
fn with_home((name, value): (String, String)) -> (String, String) {
    let value = match is_file(&name) {
        true => expand_home(Path::new(&value)).display().to_string(),
        false => value,
    };
    (name, value)
}

#[cfg(test)]
mod tests {
    use sqlx::postgres::PgSslMode;

    use super::*;

    fn options(url: &str) -> Result<PgConnectOptions, String> {
        let url: StoreUrl = url.parse().unwrap();
        connect_options(&url).map_err(|error| error.to_string())
    }

    #[test]
    fn every_form_of_an_address_is_read() {
        for (url, host, port, user) in [
            (
                "postgresql://me:p%40ss@db.example:6543/inventory",
                "db.example",
                6543,
                "me",
            ),
            (
                "host=db.example port=6543 user=me dbname=inventory",
                "db.example",
                6543,
                "me",
            ),
            (
                "postgresql://m%40e@[2001:db8::1]:6543/inventory",
                "2001:db8::1",
                6543,
                "m@e",
            ),
            (
                "host=2001:db8::1 port=6543 user=m@e dbname=inventory",
                "2001:db8::1",
                6543,
                "m@e",
            ),
            (
                "postgres://me@db.example/x?port=6543&dbname=inventory",
                "db.example",
                6543,
                "me",
            ),
        ] {
            let options = options(url).unwrap();
            assert_eq!(options.get_host(), host, "{url}");
            assert_eq!(options.get_port(), port, "{url}");
            assert_eq!(options.get_username(), user, "{url}");
            assert_eq!(options.get_database(), Some("inventory"), "{url}");
        }
    }

    #[test]
    fn a_folder_of_sockets_is_read_in_every_form() {
        for url in [
            "postgresql:///inventory?host=/run/postgresql",
            "postgresql://me:secret@/inventory?host=/run/postgresql",
            "postgresql+psycopg://me@localhost/inventory?host=%2Frun%2Fpostgresql",
            "postgresql://%2Frun%2Fpostgresql/inventory",
            "host=/run/postgresql dbname=inventory",
        ] {
            let options = options(url).unwrap();
            assert_eq!(
                options.get_socket(),
                Some(&"/run/postgresql".into()),
                "{url}"
            );
            assert_eq!(options.get_database(), Some("inventory"), "{url}");
        }
    }

    #[test]
    fn a_parameter_that_would_be_passed_over_is_refused() {
        for (url, message) in [
            (
                "postgresql://h/d?sslmod=require",
                "`sslmod` is not understood",
            ),
            (
                "host=h dbname=d sslmod=require",
                "`sslmod` is not understood",
            ),
            (
                "postgresql://h/d?sslmode=requir",
                "`sslmode` is not valid; use disable, allow",
            ),
            (
                "postgresql://h/d?connect_timeout=3",
                "`store.connect_timeout`",
            ),
            (
                "postgresql://h/d?channel_binding=require",
                "`channel_binding` is not understood",
            ),
            ("postgresql://h:543x/d", "`port` is not valid"),
            (
                "postgresql://h/d?sslmode=require&sslmode=disable",
                "`sslmode` is there twice",
            ),
            (
                "host=h dbname=d sslmode=require sslmode=disable",
                "`sslmode` is there twice",
            ),
            ("host=a,b dbname=d", "`host` is not valid; use one host"),
            ("host=a dbname=d client_encoding=latin1", "use UTF8"),
            (
                "postgresql://h/d?sslmode=verify-full&sslrootcert=/none.pem",
                "`sslrootcert` names `/none.pem`, which cannot be read",
            ),
        ] {
            let error = options(url).unwrap_err();
            assert!(error.contains(message), "{url}: {error}");
        }
        let numeric = options("hostaddr=10.0.0.1 host=a dbname=d").unwrap();
        assert_eq!(numeric.get_host(), "10.0.0.1");
        let strict = options("host=h dbname=d sslmode=require client_encoding=UTF8").unwrap();
        assert!(matches!(strict.get_ssl_mode(), PgSslMode::Require));
    }
}
