//! The variables of libpq that stand in for parameters.

use std::ffi::OsString;

use ipcascade_core::settings::SettingsError;

use crate::parameter_values::{Pairs, expected};

/// Variables of libpq that the driver does not have, and the values that mean what it does anyway.
const NOT_SUPPORTED: [(&str, &[&str]); 11] = [
    ("PGSERVICE", &[]),
    ("PGREQUIREAUTH", &[]),
    ("PGREQUIREPEER", &[]),
    ("PGCHANNELBINDING", &["prefer", "disable"]),
    ("PGGSSENCMODE", &["prefer", "disable"]),
    ("PGREQUIRESSL", &["0"]),
    ("PGSSLCRL", &[]),
    ("PGSSLCRLDIR", &[]),
    ("PGSSLCERTMODE", &["allow"]),
    ("PGSSLMINPROTOCOLVERSION", &["TLSv1", "TLSv1.1", "TLSv1.2"]),
    ("PGTARGETSESSIONATTRS", &["any"]),
];

/// Checks the variables that stand in for parameters that are not in `pairs`: the driver passes over those that it does
/// not understand, too.
pub(crate) fn check(
    pairs: &Pairs,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<(), SettingsError> {
    for (name, harmless) in NOT_SUPPORTED {
        let value = variable(name).filter(|value| !value.is_empty());
        if value.is_some_and(|value| harmless.iter().all(|it| value != *it)) {
            return Err(SettingsError::variable(
                name,
                "it is not supported here; unset it",
            ));
        }
    }
    for (name, parameter) in [
        ("PGSSLMODE", "sslmode"),
        ("PGPORT", "port"),
        ("PGHOST", "host"),
        ("PGHOSTADDR", "hostaddr"),
    ] {
        let is_set = |(name, _): &(String, String)| {
            // An address stands in for a host, and the reverse.
            let name = name.replace('-', "");
            name == parameter || (parameter.starts_with("host") && name.starts_with("host"))
        };
        let value = variable(name).filter(|value| !value.is_empty());
        let Some(value) = value.filter(|_| !pairs.iter().any(is_set)) else {
            continue;
        };
        if let Some(expected) = expected(parameter, &value.to_string_lossy()) {
            let problem = format!("it is not valid; use {expected}, or unset it");
            return Err(SettingsError::variable(name, problem));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::parameters::of_address;

    #[test]
    fn a_variable_that_would_be_passed_over_is_refused() {
        let check = |url: &str, name: &str, value: &str| {
            let pairs = of_address(url).unwrap();
            let variable = |asked: &str| (asked == name).then(|| value.into());
            let checked = super::check(&pairs, variable);
            checked.map_err(|error| error.to_string())
        };
        let error = check("postgresql://h/d", "PGSSLMODE", "verify_full").unwrap_err();
        assert!(
            error.contains("`PGSSLMODE`: it is not valid; use disable,"),
            "{error}"
        );
        check("postgresql://h/d", "PGSSLMODE", "verify-full").unwrap();
        check("postgresql://h/d", "PGPORT", "543x").unwrap_err();
        check("postgresql://h/d", "PGPORT", "").unwrap();
        check("postgresql://h/d", "PGSERVICE", "x").unwrap_err();
        check("postgresql://h/d", "PGCHANNELBINDING", "require").unwrap_err();
        check("postgresql://h/d", "PGCHANNELBINDING", "prefer").unwrap();
        check("postgresql://u@/d", "PGHOST", "a,b").unwrap_err();
        check("postgresql://h/d", "PGHOSTADDR", "b").unwrap();
        // The URL takes precedence.
        check("postgresql://h:5432/d", "PGPORT", "543x").unwrap();
    }
}
