//! A configuration file to start from.

use ipcascade_core::Registry;

const HEAD: &str = r#"# Configuration of ipcascade. Every key can be left out.
#
# Each key has an environment variable as well, which goes before this file:
# store.url is IPCASCADE_STORE__URL.

[store]
# Where the inventory is. Default: a file in the user's data folder.
# url = "sqlite://inventory.db"
# url = "postgresql://me@db.example/inventory"

# The steps of the cascade, in order. Default: what is linked in and usable as it stands.
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
