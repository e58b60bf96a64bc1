//! A configuration file to start from.

use ipcascade_core::registry::Registry;

const HEAD: &str = r#"# Configuration of ipcascade. Every key can be left out.
#
# Each key has an environment variable as well, which takes precedence over this file:
# store.url is IPCASCADE_STORE__URL.

# Whether no provider may be asked that goes online, whatever else is set. Without this, those are asked that the steps of
# the cascade name; --online asks the usual ones where there are no steps.
# offline = true

[store]
# Where the inventory is. Default: a file in the user's data folder.
# url = "sqlite://inventory.db"
# url = "~/inventory.db"
# url = "postgresql://me@db.example/inventory"
# url = "postgresql://me@/inventory?host=/run/postgresql"
# url = "host=db.example dbname=inventory user=me sslmode=require"
# Files with the URL instead, and with the password of a server, as systemd, Docker and Kubernetes pass them.
# url_file = "/run/secrets/inventory_url"
# password_file = "/run/secrets/inventory_password"

[input]
# What does not count: own scanners and monitors; addresses, prefixes, ranges, and files with such.
# exclude = ["192.0.2.0/24", "our-scanners.txt"]

# The steps of the cascade, in order. Default: maxmind and every other provider that has its files and does not go online.
# [[cascade.steps]]
# provider = "maxmind"
#
# [[cascade.steps]]
# provider = "cymru"
# if_missing = ["asn"]
#
# [[cascade.steps]]
# provider = "greynoise"

[cascade]
# Whether the country where addresses are may stand in for an AS's country of registration while
# no registry data is there; such a value is marked as inferred.
# geo_country_fills_registry = false

# For single fields, providers that go before the order of the steps.
[cascade.prefer]
# asn = ["cymru", "maxmind"]
"#;

/// Values that a new configuration file sets.
#[derive(Clone, Debug, Default)]
pub struct FirstValues {
    /// `store.url`
    pub store_url: Option<String>,
    /// `providers.maxmind.files`
    pub mmdb: Vec<String>,
    /// `offline`
    pub offline: bool,
}

/// A commented sample with the tables of every linked provider, in which `values` are set.
pub fn sample(registry: &Registry, values: &FirstValues) -> String {
    let mut text = HEAD.to_owned();
    if values.offline {
        text = text.replace("# offline = true", "offline = true");
    }
    if let Some(url) = &values.store_url {
        let url = toml::Value::from(url.as_str());
        text = text.replace("\n[input]", &format!("url = {url}\n\n[input]"));
    }
    for factory in registry.providers() {
        text.push_str("\n# ");
        text.push_str(factory.description);
        text.push('\n');
        for line in factory.example.trim().lines() {
            let line = line.trim_end();
            if !line.is_empty() && !line.starts_with('#') {
                text.push_str("# ");
            }
            text.push_str(line);
            text.push('\n');
        }
        if factory.name.as_str() == "maxmind" && !values.mmdb.is_empty() {
            let files = toml::Value::from(values.mmdb.clone());
            text.push_str(&format!("\n[providers.maxmind]\nfiles = {files}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use ipcascade_core::registry::BuildError;
    use ipcascade_core::settings::Settings;

    use super::*;

    fn registry() -> Registry {
        Registry::linked().unwrap()
    }

    #[test]
    fn the_sample_is_toml_and_sets_nothing() {
        let parsed: toml::Table = sample(&registry(), &FirstValues::default())
            .parse()
            .unwrap();
        let store = parsed["store"].as_table().unwrap();
        assert!(store.is_empty(), "{parsed:?}");
        assert!(!parsed.contains_key("providers"), "{parsed:?}");
    }

    #[test]
    fn first_values_are_set_in_it() {
        let values = FirstValues {
            store_url: Some("postgresql://me@host/a\"b".to_owned()),
            mmdb: vec!["/a b.mmdb".to_owned()],
            offline: true,
        };
        let parsed: toml::Table = sample(&registry(), &values).parse().unwrap();
        assert_eq!(
            parsed["store"]["url"].as_str(),
            Some("postgresql://me@host/a\"b")
        );
        assert_eq!(parsed["offline"].as_bool(), Some(true));
        if cfg!(feature = "provider-maxmind") {
            let files = &parsed["providers"]["maxmind"]["files"];
            assert_eq!(files[0].as_str(), Some("/a b.mmdb"));
        }
    }

    #[test]
    fn the_sample_without_its_comment_marks_is_toml_as_well() {
        let uncommented: Vec<&str> = HEAD
            .lines()
            .map(|line| line.strip_prefix("# ").unwrap_or(line))
            .filter(|line| line.contains(" = ") || line.starts_with('['))
            .filter(|line| !line.starts_with("url = ") || line.contains("sqlite://"))
            .collect();
        let parsed: toml::Table = uncommented.join("\n").parse().unwrap();
        assert_eq!(parsed["cascade"]["steps"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn the_example_of_each_provider_names_only_keys_that_it_knows() {
        for factory in registry().providers() {
            let table: toml::Table = factory.example.parse().unwrap();
            let own = table["providers"][factory.name.as_str()].to_string();
            let own = format!("x = {own}").parse::<toml::Table>().unwrap();
            let text = toml::to_string(&own["x"]).unwrap();
            let settings = Settings::from_toml(factory.name.as_str(), &text);
            // The files of an example do not exist; everything else must be valid.
            if let Err(BuildError::Settings(error)) = (factory.build)(&settings) {
                panic!("the example of {}: {error}", factory.name);
            }
        }
    }
}
