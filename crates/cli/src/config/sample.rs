//! A configuration file to start from.

use ipcascade_core::registry::Registry;

const HEAD: &str = r#"# Configuration of ipcascade. Every key can be left out.
#
# Each key has an environment variable as well, which goes before this file:
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

/// A commented sample with the tables of every linked provider.
pub fn sample(registry: &Registry) -> String {
    let mut text = HEAD.to_owned();
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
        let parsed: toml::Table = sample(&registry()).parse().unwrap();
        let store = parsed["store"].as_table().unwrap();
        assert!(store.is_empty(), "{parsed:?}");
        assert!(!parsed.contains_key("providers"), "{parsed:?}");
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
