//! When sessions took place, and which addresses moved.

use ipcascade_core::clock::Timestamp;
use ipcascade_core::country::CountryCode;
use ipcascade_core::store::{ActivityQuery, Move, TimeUnit};

use crate::store::StoreSubject;
use crate::store::fixtures::{asn, day, geo, nth, second, seen, session, visited};
use crate::store::trial::Trial;

const EVERYTHING: ActivityQuery = ActivityQuery {
    since: None,
    until: None,
    asn: None,
    country: None,
    plausible: Timestamp::MIN_UTC..=Timestamp::MAX_UTC,
    unit: TimeUnit::Day,
    parts: Vec::new(),
};

/// By the hour and the day of their last event, and in parts of the time by AS and by country.
pub async fn sessions_are_counted_by_when_they_took_place(subject: Box<dyn StoreSubject>) {
    const HOUR: i64 = 3600;
    let trial = Trial::new(subject).await;
    let mut log = visited(
        nth(1),
        vec![
            session("a", "pot", (1, 5), 1),
            session("b", "pot", (2, HOUR + 1), 1),
            session("c", "pot", (25 * HOUR, 25 * HOUR + 1), 1),
        ],
    );
    log.answers.push(geo(1, "X", "nl", day(1)));
    let other = visited(nth(2), vec![session("d", "pot", (40, 45), 1)]);
    trial.record(&[log, other], day(3)).await;
    let (country, parts) = (CountryCode::parse("NL"), vec![day(1), day(2)]);
    let all = trial
        .activity(&ActivityQuery {
            parts,
            ..EVERYTHING
        })
        .await;
    assert_eq!(all.by_start, [(day(1), 3), (day(2), 1)].into());
    assert_eq!(
        all.by_asn,
        [(None, vec![1, 0]), (Some(asn(1)), vec![2, 1])].into()
    );
    assert_eq!(
        all.by_country,
        [(None, vec![1, 0]), (country, vec![2, 1])].into()
    );
    assert_eq!((all.sessions(), all.without_time), (4, 0));
    let plausible = day(2)..=day(3);
    let later = ActivityQuery {
        plausible,
        ..EVERYTHING
    };
    let later = trial.activity(&later).await;
    assert_eq!((later.sessions(), later.without_time), (1, 3));
    assert_eq!(later.by_asn, [(Some(asn(1)), vec![1])].into());
    let of_as = ActivityQuery {
        asn: Some(asn(1)),
        country,
        unit: TimeUnit::Hour,
        until: Some(second(HOUR + 1)),
        since: Some(second(5)),
        ..EVERYTHING
    };
    let of_as = trial.activity(&of_as).await;
    assert_eq!(of_as.by_start, [(day(1), 1), (second(HOUR), 1)].into());
    assert_eq!(of_as.by_asn, [(Some(asn(1)), vec![2])].into());
}

/// Attributions to another AS than before; the first one is not a move.
pub async fn moves_are_found(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    for (number, on) in [(1, 1), (2, 2), (2, 3), (1, 4)] {
        let update = seen(nth(1), day(on), vec![geo(number, "X", "NL", day(on))]);
        let stays = seen(nth(2), day(on), vec![geo(7, "Y", "NL", day(on))]);
        trial.record(&[update, stays], day(on)).await;
    }
    let moved = |on, from, to| Move {
        observed_at: day(on),
        address: nth(1),
        from: asn(from),
        to: asn(to),
    };
    assert_eq!(trial.moves().await, [moved(2, 1, 2), moved(4, 2, 1)]);
}
