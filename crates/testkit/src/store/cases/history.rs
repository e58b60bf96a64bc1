//! The history of attributions: no matter which program moves an address, both ends of the move are in it.

use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::Check;

use crate::store::StoreSubject;
use crate::store::fixtures::{address, day, geo, nth, seen};
use crate::store::foreign::{
    AddressValue, AsnValue, ForeignAddress, ForeignAsn, ForeignRows, ForeignStatement,
};
use crate::store::trial::Trial;

const KEY: &str = "11.0.0.1";

/// Rows of the ASes that the cases move addresses between.
async fn with_asns(subject: Box<dyn StoreSubject>) -> Trial {
    let trial = Trial::new(subject).await;
    let asns = [65001, 65002, 65003].map(|number| ForeignAsn::new(number, (day(1), day(1))));
    trial
        .foreign(ForeignStatement::InsertAsns(asns.into()))
        .await;
    trial
}

/// An address in AS65001 as it was before adoption: attributed, but without a history.
async fn adopted(subject: Box<dyn StoreSubject>) -> Trial {
    let trial = with_asns(subject).await;
    let row = ForeignAddress {
        asn: Some(65001),
        verified: Some(day(2)),
        ..ForeignAddress::new(KEY, (day(1), day(3)))
    };
    trial
        .foreign(ForeignStatement::InsertAddresses(vec![row]))
        .await;
    assert_eq!(attributions(&trial, KEY).await, []);
    trial
}

async fn attributions(trial: &Trial, key: &str) -> Vec<(u32, Timestamp)> {
    let history = trial.store.history(address(key)).await;
    let history = history.expect("reading works").into_iter();
    history
        .map(|row| (row.asn.get(), row.observed_at))
        .collect()
}

fn moved(to: Option<i64>, verified: Option<Timestamp>) -> Vec<AddressValue> {
    let verified = verified.map(|timestamp| AddressValue::Verified(Some(timestamp)));
    [AddressValue::Asn(to)]
        .into_iter()
        .chain(verified)
        .collect()
}

async fn foreign_move(trial: &Trial, to: Option<i64>, verified: Option<Timestamp>) {
    let values = moved(to, verified);
    trial
        .foreign(ForeignStatement::UpdateAddresses(
            ForeignRows::key(KEY),
            values,
        ))
        .await;
    assert!(!trial.finds(Check::HistoryMissing).await);
}

/// The attribution from before any history was kept is in it too, with the time from its row.
pub async fn another_program_moves_an_address(subject: Box<dyn StoreSubject>) {
    let trial = adopted(subject).await;
    foreign_move(&trial, Some(65002), Some(day(4))).await;
    assert_eq!(
        attributions(&trial, KEY).await,
        [(65001, day(2)), (65002, day(4))]
    );
    foreign_move(&trial, Some(65001), Some(day(5))).await;
    foreign_move(&trial, None, None).await;
    assert_eq!(
        attributions(&trial, KEY).await,
        [(65001, day(2)), (65002, day(4)), (65001, day(5))]
    );
}

/// A move without a time is dated when it is written.
pub async fn a_move_without_a_time_is_observed_when_it_is_written(subject: Box<dyn StoreSubject>) {
    let trial = adopted(subject).await;
    let before = chrono::Utc::now() - chrono::TimeDelta::seconds(5);
    foreign_move(&trial, Some(65002), None).await;
    let history = attributions(&trial, KEY).await;
    assert_eq!(history[0], (65001, day(2)));
    let (asn, observed_at) = history[1];
    assert!(asn == 65002 && observed_at > before, "{history:?}");
}

/// In one statement, to one AS; existing history rows stay as they are.
pub async fn another_program_moves_many_addresses(subject: Box<dyn StoreSubject>) {
    let trial = with_asns(subject).await;
    let row = |number: u32| ForeignAddress {
        asn: Some(65001 + i64::from(number % 3)),
        ..ForeignAddress::new(nth(number), (day(1), day(1)))
    };
    let rows = (1..=30).map(row).collect();
    trial.foreign(ForeignStatement::InsertAddresses(rows)).await;
    let values = moved(Some(65003), Some(day(6)));
    trial
        .foreign(ForeignStatement::UpdateAddresses(ForeignRows::All, values))
        .await;
    assert!(!trial.finds(Check::HistoryMissing).await);
    for number in 1..=30 {
        let expected = match number % 3 {
            2 => vec![],
            n => vec![(65001 + n, day(1)), (65003, day(6))],
        };
        let key = nth(number).to_string();
        assert_eq!(attributions(&trial, &key).await, expected, "{key}");
    }
}

/// A move of ours also records the attribution it replaces, once.
pub async fn our_move_of_an_adopted_address_keeps_what_it_leaves(subject: Box<dyn StoreSubject>) {
    let trial = adopted(subject).await;
    for (asn, on) in [(65002, 4), (65003, 5), (65001, 6)] {
        let update = seen(address(KEY), day(on), vec![geo(asn, "X", "NL", day(on))]);
        trial.record(&[update], day(on)).await;
    }
    let expected = [
        (65001, day(2)),
        (65002, day(4)),
        (65003, day(5)),
        (65001, day(6)),
    ];
    assert_eq!(attributions(&trial, KEY).await, expected);
}

/// Moves of other programs between two records of ours are not written twice, nor are ours.
pub async fn moves_of_ours_and_of_others_take_turns(subject: Box<dyn StoreSubject>) {
    let trial = with_asns(subject).await;
    let ours = async |asn: u32, on: i64| {
        let update = seen(address(KEY), day(on), vec![geo(asn, "X", "NL", day(on))]);
        trial.record(&[update], day(on)).await;
    };
    ours(65001, 1).await;
    foreign_move(&trial, Some(65002), Some(day(2))).await;
    ours(65003, 3).await;
    foreign_move(&trial, Some(65001), Some(day(4))).await;
    let expected = [
        (65001, day(1)),
        (65002, day(2)),
        (65003, day(3)),
        (65001, day(4)),
    ];
    assert_eq!(attributions(&trial, KEY).await, expected);
}

/// An address that another program moved can still be deleted by it, together with its history.
pub async fn another_program_moves_and_deletes_an_address(subject: Box<dyn StoreSubject>) {
    let trial = adopted(subject).await;
    foreign_move(&trial, Some(65002), None).await;
    let gone = ForeignStatement::DeleteAddresses(ForeignRows::key(KEY));
    trial.foreign(gone).await;
    trial.check().await;
    assert!(trial.subject.tables().await.history.is_empty());
}

/// An address that was deleted past the triggers and comes back continues its history.
pub async fn an_address_that_comes_back_has_its_history(subject: Box<dyn StoreSubject>) {
    let trial = adopted(subject).await;
    foreign_move(&trial, Some(65002), Some(day(4))).await;
    let gone = ForeignStatement::DeleteAddresses(ForeignRows::key(KEY));
    let uncounted =
        ForeignStatement::UpdateAsns(ForeignRows::key(65002), vec![AsnValue::Addresses(0)]);
    trial.plant(&[gone, uncounted]).await;
    let row = ForeignAddress {
        asn: Some(65003),
        verified: Some(day(7)),
        ..ForeignAddress::new(KEY, (day(1), day(3)))
    };
    trial
        .foreign(ForeignStatement::InsertAddresses(vec![row]))
        .await;
    trial.check().await;
    assert_eq!(
        attributions(&trial, KEY).await,
        [(65001, day(2)), (65002, day(4)), (65003, day(7))]
    );
}
