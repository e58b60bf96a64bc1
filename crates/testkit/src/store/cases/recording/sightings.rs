//! When addresses were seen.

use ipcascade_core::store::{AddressUpdate, SeenRange};

use crate::store::StoreSubject;
use crate::store::fixtures::{day, geo, looked_up, nth, seen};
use crate::store::trial::Trial;

/// A look-up does not change when the address was seen.
pub async fn a_refresh_is_not_a_sighting(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial
        .record(
            &[seen(nth(1), day(1), vec![geo(65001, "X", "NL", day(1))])],
            day(1),
        )
        .await;
    for timestamp in 2..6 {
        let update = looked_up(nth(1), vec![geo(65001, "X", "NL", day(timestamp))]);
        trial.record(&[update], day(timestamp)).await;
    }
    let row = trial.address(nth(1)).await;
    assert_eq!((row.first_seen, row.last_seen), (day(1), day(1)));
    assert_eq!(
        (row.session_count, row.enrichment_updated_at),
        (0, Some(day(5)))
    );
    let system = trial.asn(65001).await;
    assert_eq!((system.first_seen, system.last_seen), (day(1), day(1)));
    assert_eq!(system.total_session_count, 0);
}

/// Logs are read in any order.
pub async fn sightings_widen_the_span_both_ways(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial
        .record(
            &[seen(nth(1), day(5), vec![geo(65001, "X", "NL", day(5))])],
            day(5),
        )
        .await;
    trial.record(&[seen(nth(1), day(2), vec![])], day(6)).await;
    let wide = AddressUpdate {
        seen: Some(SeenRange {
            first: day(1),
            last: day(9),
        }),
        ..AddressUpdate::new(nth(1))
    };
    trial.record(&[wide], day(9)).await;
    trial.record(&[seen(nth(1), day(4), vec![])], day(9)).await;
    let row = trial.address(nth(1)).await;
    assert_eq!((row.first_seen, row.last_seen), (day(1), day(9)));
    let system = trial.asn(65001).await;
    assert_eq!((system.first_seen, system.last_seen), (day(1), day(9)));
}
