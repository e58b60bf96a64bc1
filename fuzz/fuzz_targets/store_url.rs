//! URLs of stores: whatever a password contains, it is never shown, and a URL is read again as it is.

#![no_main]

use ipcascade_core::store::StoreUrl;
use libfuzzer_sys::fuzz_target;

/// Stands for a password.
const SECRET: &str = "hunter2";

fuzz_target!(|data: &str| {
    // A letter before a colon is the drive of a file.
    if let Ok(url) = data.parse::<StoreUrl>()
        && url.scheme().len() > 1
    {
        let again: StoreUrl = url.expose().parse().expect("it is a URL");
        assert_eq!(again.expose(), url.expose());
        assert_eq!(again.to_string(), url.to_string());
    }
    if data.contains("hunter") {
        return;
    }
    let mut parts = data.splitn(4, '\n');
    let mut next = || parts.next().unwrap_or_default();
    let (before, after, host, rest) = (next(), next(), next(), next());
    let password = format!("{before}{SECRET}{after}");
    let urls = [
        format!("postgresql://me:{password}@{host}/{rest}"),
        format!("postgresql+psycopg://me:{password}@db.example/inventory?{rest}"),
        format!("postgresql://db.example/inventory?user=me&password={password}"),
        format!("me:{password}@{host}"),
        format!("host=db.example user=me password='{password}' dbname=inventory"),
    ];
    // With these in a password, the text means something else as well: another parameter, a port, the URL of `me://`.
    let is_parameter = ["user=", "password=", "application_name="]
        .iter()
        .any(|name| password.contains(name));
    let is_clear = [
        !is_parameter,
        !is_parameter,
        !password.contains('&'),
        !password.starts_with("//"),
        password.matches('\'').count() <= 1,
    ];
    for (text, _) in urls.iter().zip(is_clear).filter(|(_, is_clear)| *is_clear) {
        match text.parse::<StoreUrl>() {
            Ok(url) => {
                assert!(
                    !url.to_string().contains(SECRET),
                    "{text:?} is shown as {url}"
                );
                assert!(
                    !format!("{url:?}").contains(SECRET),
                    "{text:?} is shown as {url:?}"
                );
                for (name, _) in url.parameters() {
                    let named = url.naming(&name);
                    assert!(!named.contains(SECRET), "{text:?} names {named}");
                }
            }
            Err(error) => assert!(!error.to_string().contains(SECRET), "{text:?}: {error}"),
        }
    }
});
