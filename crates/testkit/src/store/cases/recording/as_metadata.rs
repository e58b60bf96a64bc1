//! The metadata of an AS.

use crate::store::StoreSubject;
use crate::store::asn_lists::{listed, policy_with_lists};
use crate::store::fixtures::{day, geo, looked_up, nth, policy, whois};
use crate::store::trial::Trial;

/// A source of higher rank wins the metadata; one of lower rank only fills gaps.
pub async fn better_metadata_replaces_worse(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial
        .record(
            &[looked_up(nth(1), vec![whois(65001, "WHOIS", "NL", day(1))])],
            day(1),
        )
        .await;
    let report = trial
        .record(
            &[looked_up(nth(2), vec![geo(65001, "Geo", "DE", day(2))])],
            day(2),
        )
        .await;
    assert_eq!(report.asns_updated, 1);
    trial
        .record(
            &[looked_up(nth(3), vec![whois(65001, "AGAIN", "NL", day(3))])],
            day(3),
        )
        .await;
    let system = trial.asn(65001).await;
    assert_eq!(system.organization_name.as_deref(), Some("Geo"));
    assert_eq!(
        system.organization_country.as_deref(),
        Some("NL"),
        "not where an address is"
    );
    trial
        .record(
            &[looked_up(nth(2), vec![geo(65001, "Renamed", "DE", day(4))])],
            day(4),
        )
        .await;
    assert_eq!(
        trial.asn(65001).await.organization_name.as_deref(),
        Some("Renamed")
    );
}

/// What a provider knows about an AS itself is in its row, new or not, and is replaced by a later answer.
pub async fn what_lists_say_of_an_as_is_kept_with_it(subject: Box<dyn StoreSubject>) {
    let mut trial = Trial::new(subject).await;
    let geo_of = |i, timestamp| looked_up(nth(i), vec![geo(65001, "Geo", "DE", day(timestamp))]);
    trial.record(&[geo_of(1, 1)], day(1)).await;
    assert_eq!(listed(&trial.asn(65001).await), (None, false, false));

    trial.policy = policy_with_lists("hosting", true, day(2));
    let new = looked_up(nth(9), vec![geo(65009, "New", "DE", day(2))]);
    trial.record(&[geo_of(2, 2), new], day(2)).await;
    for number in [65001, 65009] {
        let row = trial.asn(number).await;
        assert_eq!(listed(&row), (Some("hosting"), true, true), "{number}");
        assert_eq!(row.enrichment["is_known_vpn"]["source"], "lists");
        assert!(row.organization_name.is_some(), "the rest stays");
    }
    trial.policy = policy_with_lists("isp", false, day(3));
    trial.record(&[geo_of(1, 3)], day(3)).await;
    assert_eq!(listed(&trial.asn(65001).await), (Some("isp"), true, false));

    trial.policy = policy();
    trial.record(&[geo_of(2, 4)], day(4)).await;
    assert_eq!(
        listed(&trial.asn(65001).await),
        (Some("isp"), true, false),
        "nobody says otherwise"
    );
}
