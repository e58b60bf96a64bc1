//! The providers and stores that are linked into this program, one line each.
//!
//! A crate that is never mentioned in code is not linked, and its registration is silently missing.

#[cfg(feature = "provider-abuseipdb")]
use ipcascade_provider_abuseipdb as _;
#[cfg(feature = "provider-bgp")]
use ipcascade_provider_bgp as _;
#[cfg(feature = "provider-cymru")]
use ipcascade_provider_cymru as _;
#[cfg(feature = "provider-exec")]
use ipcascade_provider_exec as _;
#[cfg(feature = "provider-greynoise")]
use ipcascade_provider_greynoise as _;
#[cfg(feature = "provider-ipinfo")]
use ipcascade_provider_ipinfo as _;
#[cfg(feature = "provider-lists")]
use ipcascade_provider_lists as _;
#[cfg(feature = "provider-maxmind")]
use ipcascade_provider_maxmind as _;
#[cfg(feature = "provider-rdns")]
use ipcascade_provider_rdns as _;
#[cfg(feature = "provider-rir")]
use ipcascade_provider_rir as _;
#[cfg(feature = "provider-shodan")]
use ipcascade_provider_shodan as _;
#[cfg(feature = "store-postgres")]
use ipcascade_store_postgres as _;
#[cfg(feature = "store-sqlite")]
use ipcascade_store_sqlite as _;

#[cfg(test)]
mod tests {
    use ipcascade_core::registry::Registry;

    #[test]
    fn every_plugin_of_the_chosen_features_is_linked() {
        let registry = Registry::linked().unwrap();
        let linked: Vec<&str> = registry
            .providers()
            .map(|factory| factory.name.as_str())
            .collect();
        let expected = [
            ("abuseipdb", cfg!(feature = "provider-abuseipdb")),
            ("bgp", cfg!(feature = "provider-bgp")),
            ("cymru", cfg!(feature = "provider-cymru")),
            ("exec", cfg!(feature = "provider-exec")),
            ("greynoise", cfg!(feature = "provider-greynoise")),
            ("ipinfo", cfg!(feature = "provider-ipinfo")),
            ("lists", cfg!(feature = "provider-lists")),
            ("maxmind", cfg!(feature = "provider-maxmind")),
            ("rdns", cfg!(feature = "provider-rdns")),
            ("rir", cfg!(feature = "provider-rir")),
            ("shodan", cfg!(feature = "provider-shodan")),
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
