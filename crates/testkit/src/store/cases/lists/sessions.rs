//! Lists of sessions.

use ipcascade_core::store::SessionQuery;

use crate::store::StoreSubject;
use crate::store::fixtures::{asn, day, geo, nth, second, session, visited};
use crate::store::trial::Trial;

/// Newest first.
pub async fn sessions_are_filtered_newest_first(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let mut log = visited(
        nth(1),
        vec![
            session("old", "pot", (1, 5), 1),
            session("new", "pot", (50, 60), 1),
            session("mid", "pot", (20, 30), 1),
        ],
    );
    log.answers.push(geo(1, "X", "NL", day(1)));
    let other = visited(nth(2), vec![session("other", "pot", (40, 45), 1)]);
    trial.record(&[log, other], day(2)).await;
    let ids = async |query: SessionQuery| -> Vec<String> {
        trial
            .sessions(&query)
            .await
            .into_iter()
            .map(|row| row.session_id)
            .collect()
    };
    let all = SessionQuery::default();
    assert_eq!(ids(all.clone()).await, ["new", "other", "mid", "old"]);
    let limit = Some(2);
    assert_eq!(
        ids(SessionQuery {
            limit,
            ..all.clone()
        })
        .await,
        ["new", "other"]
    );
    let address = Some(nth(1));
    assert_eq!(
        ids(SessionQuery {
            address,
            ..all.clone()
        })
        .await,
        ["new", "mid", "old"]
    );
    let asn = Some(asn(1));
    assert_eq!(ids(SessionQuery { asn, ..all.clone() }).await.len(), 3);
    let since = Some(second(30));
    assert_eq!(
        ids(SessionQuery { since, ..all }).await,
        ["new", "other", "mid"]
    );
}
