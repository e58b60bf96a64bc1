//! A single value where a list is expected is a list of one: `files = "GeoLite2-ASN.mmdb"`.

use figment::Figment;
use figment::error::{Actual, Kind};
use figment::value::{Dict, Value};
use serde::de::DeserializeOwned;

use crate::settings::changed::changed;

/// How many single values are put into lists, at most.
const MOST: usize = 10_000;

/// Reads a configuration.
///
/// # Errors
///
/// Those of the configuration library.
#[expect(
    clippy::result_large_err,
    reason = "the configuration library's error, once at each start"
)]
pub fn extract<T: DeserializeOwned>(figment: &Figment) -> figment::Result<T> {
    let mut with_lists: Option<Figment> = None;
    let mut before: Option<figment::Error> = None;
    for _ in 0..MOST {
        let figment = with_lists.as_ref().unwrap_or(figment);
        let error = match figment.extract() {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        // A list of such values is not expected either.
        if let Some(before) = before.filter(|before| error.path.starts_with(&before.path)) {
            return Err(before);
        }
        let Some(path) = single_value(&error) else {
            return Err(error);
        };
        with_lists = Some(changed(figment, |values| {
            if let Some(value) = value_at(values, &path) {
                *value = Value::Array(value.tag(), vec![value.clone()]);
            }
        }));
        before = Some(error);
    }
    with_lists.as_ref().unwrap_or(figment).extract()
}

/// Where there is a single value instead of a list, if that is what is wrong.
fn single_value(error: &figment::Error) -> Option<Vec<String>> {
    let Kind::InvalidType(found, expected) = &error.kind else {
        return None;
    };
    let is_single = matches!(
        found,
        Actual::Str(_) | Actual::Unsigned(_) | Actual::Signed(_) | Actual::Float(_)
    );
    // A text as a command is a command line, not the name of a program.
    let is_list = |key: &String| key != "command";
    let is_wanted = is_single && expected == "a sequence" && error.path.last().is_some_and(is_list);
    is_wanted.then(|| error.path.clone())
}

fn value_at<'v>(values: &'v mut Dict, path: &[String]) -> Option<&'v mut Value> {
    let (first, rest) = path.split_first()?;
    let mut value = values.get_mut(first)?;
    for key in rest {
        value = match value {
            Value::Dict(_, values) => values.get_mut(key)?,
            Value::Array(_, values) => values.get_mut(key.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use figment::providers::{Format as _, Toml};
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Config {
        files: Vec<String>,
        #[serde(default)]
        steps: Vec<Step>,
        #[serde(default)]
        command: Vec<String>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Step {
        if_missing: Vec<String>,
        ports: Option<Vec<u16>>,
    }

    fn read(text: &str) -> Result<Config, Box<figment::Error>> {
        Ok(extract(&Figment::from(Toml::string(text)))?)
    }

    #[test]
    fn a_single_value_is_a_list_of_one() {
        let config = read("files = \"a\"\n[[steps]]\nif_missing = \"asn\"\nports = 53").unwrap();
        let expected = Step {
            if_missing: vec!["asn".to_owned()],
            ports: Some(vec![53]),
        };
        assert_eq!(
            (config.files, config.steps),
            (vec!["a".to_owned()], vec![expected])
        );
    }

    #[test]
    fn anything_else_is_still_wrong() {
        for text in [
            "command = \"a\"\nfiles = []",
            "files = true",
            "files = {}",
            "files = 5",
            "files = [1]",
            "files = \"a\"\nsteps = \"b\"",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        let error = read("files = \"a\"\nsteps = \"b\"").unwrap_err();
        assert_eq!(error.path, ["steps"], "{error}");
    }
}
