//! The providers and stores that are linked into this program, one line each.
//!
//! A crate that no code mentions is not linked, and its registration is silently missing.

#[cfg(feature = "provider-bgp")]
use ipcascade_provider_bgp as _;
#[cfg(feature = "provider-cymru")]
use ipcascade_provider_cymru as _;
#[cfg(feature = "provider-greynoise")]
use ipcascade_provider_greynoise as _;
#[cfg(feature = "provider-maxmind")]
use ipcascade_provider_maxmind as _;
#[cfg(feature = "provider-rdns")]
use ipcascade_provider_rdns as _;
#[cfg(feature = "provider-rir")]
use ipcascade_provider_rir as _;
#[cfg(feature = "store-postgres")]
use ipcascade_store_postgres as _;
#[cfg(feature = "store-sqlite")]
use ipcascade_store_sqlite as _;

#[cfg(test)]
mod tests {
    use ipcascade_core::Registry;

    #[test]
    fn every_plugin_of_the_chosen_features_is_linked() {
        let registry = Registry::linked().unwrap();
        let linked: Vec<&str> = registry
            .providers()
            .map(|factory| factory.name.as_str())
            .collect();
        let expected = [
            ("bgp", cfg!(feature = "provider-bgp")),
            ("cymru", cfg!(feature = "provider-cymru")),
            ("greynoise", cfg!(feature = "provider-greynoise")),
            ("maxmind", cfg!(feature = "provider-maxmind")),
            ("rdns", cfg!(feature = "provider-rdns")),
            ("rir", cfg!(feature = "provider-rir")),
        ];
        let expected: Vec<&str> = expected
            .iter()
            .filter(|(_, on)| *on)
            .map(|(name, _)| *name)
            .collect();
        assert_eq!(linked, expected);
        for (url, is_chosen) in [
            ("sqlite://a.db", cfg!(feature = "store-sqlite")),
            ("postgresql://host/db", cfg!(feature = "store-postgres")),
            ("postgres://host/db", cfg!(feature = "store-postgres")),
        ] {
            let url = url.parse().unwrap();
            assert_eq!(registry.store(&url).is_ok(), is_chosen, "{url}");
        }
    }
}
