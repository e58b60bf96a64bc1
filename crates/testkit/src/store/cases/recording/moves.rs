//! Addresses that move to another AS, or to none.

use ipcascade_core::store::AddressUpdate;

use crate::store::StoreSubject;
use crate::store::fixtures::{GEO, asn, day, geo, looked_up, nothing, nth, seen};
use crate::store::trial::Trial;

/// The counts follow the address, and the history records the move.
pub async fn a_move_leaves_history_and_moves_the_counts(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let before: Vec<AddressUpdate> = (1..=3)
        .map(|i| seen(nth(i), day(1), vec![geo(65001, "OLD", "NL", day(1))]))
        .collect();
    trial.record(&before, day(1)).await;
    let after = [looked_up(nth(2), vec![geo(65002, "NEW", "NL", day(9))])];
    let report = trial.record(&after, day(9)).await;
    assert_eq!((report.addresses_moved, report.asns_new), (1, 1));
    assert_eq!(trial.asn(65001).await.unique_ip_count, 2);
    assert_eq!(trial.asn(65002).await.unique_ip_count, 1);
    let history = trial.store.history(nth(2)).await.unwrap();
    let timestamps: Vec<_> = history
        .iter()
        .map(|row| (row.asn, row.observed_at))
        .collect();
    assert_eq!(timestamps, [(asn(65001), day(1)), (asn(65002), day(9))]);
}

/// The history is a list of changes, not a set.
pub async fn a_move_there_and_back_leaves_three_rows_of_history(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    for (timestamp, number) in [(1, 65001), (2, 65002), (3, 65001), (4, 65001)] {
        let update = looked_up(nth(1), vec![geo(number, "X", "NL", day(timestamp))]);
        trial.record(&[update], day(timestamp)).await;
    }
    assert_eq!(
        trial.attributions(nth(1)).await,
        [asn(65001), asn(65002), asn(65001)]
    );
    assert_eq!(trial.asn(65002).await.unique_ip_count, 0);
}

/// An address that is no longer announced counts for no AS.
pub async fn losing_the_origin_empties_the_as(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial
        .record(
            &[looked_up(nth(1), vec![geo(65001, "X", "NL", day(1))])],
            day(1),
        )
        .await;
    let report = trial
        .record(&[looked_up(nth(1), vec![nothing(GEO, day(2))])], day(2))
        .await;
    assert_eq!(report.addresses_moved, 1);
    assert_eq!(trial.address(nth(1)).await.current_asn, None);
    let system = trial.asn(65001).await;
    assert_eq!((system.unique_ip_count, system.total_session_count), (0, 0));
    assert_eq!(
        system.organization_name.as_deref(),
        Some("X"),
        "the row stays"
    );
}
