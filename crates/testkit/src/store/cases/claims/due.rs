//! Which addresses are due.

use ipcascade_core::capabilities::Families;
use ipcascade_core::data_version::DataVersion;
use ipcascade_core::freshness::Freshness;
use ipcascade_core::section::Section;
use ipcascade_core::special_purpose::special_purpose;
use ipcascade_core::store::{AddressUpdate, DueQuery, DueSection, SectionKey, WhenMissing};

use crate::store::StoreSubject;
use crate::store::cases::claims::claim::{claim, due, lasting, sorted};
use crate::store::fixtures::{
    GEO, NOISE, WHOIS, address, day, failed, found, geo, looked_up, no_fields, nothing, nth, seen,
    session, visited, whois,
};
use crate::store::trial::Trial;

/// Sections that no provider has filled yet, and sections that are too old.
pub async fn missing_and_stale_sections_are_due(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let batch = [
        seen(nth(1), day(1), vec![]),
        seen(nth(2), day(1), vec![whois(1, "STALE", "NL", day(1))]),
        seen(nth(3), day(1), vec![whois(1, "FRESH", "NL", day(9))]),
        seen(nth(4), day(1), vec![nothing(WHOIS, day(8))]),
        seen(nth(5), day(1), vec![geo(1, "OTHER", "NL", day(9))]),
    ];
    trial.record(&batch, day(9)).await;
    let sections = [lasting(WHOIS, 7)];
    let now = day(10);
    assert_eq!(
        trial.store.count_due(&due(&sections, now)).await.unwrap(),
        4
    );
    let claimed = sorted(claim(&*trial.store, due(&sections, now), "me", 100).await);
    assert_eq!(claimed, [nth(1), nth(2), nth(4), nth(5)]);
    trial.check().await;
}

/// Each section has its own TTL.
pub async fn fresh_sections_are_not_due(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let noise = found(NOISE, serde_json::json!({"noise": true}), day(1));
    let both = vec![whois(1, "X", "NL", day(5)), noise];
    trial.record(&[looked_up(nth(1), both)], day(5)).await;
    let whois = [lasting(WHOIS, 7)];
    let both = [lasting(WHOIS, 7), lasting(NOISE, 7)];
    assert_eq!(
        trial.store.count_due(&due(&whois, day(10))).await.unwrap(),
        0
    );
    assert_eq!(trial.store.count_due(&due(&both, day(7))).await.unwrap(), 0);
    assert_eq!(
        trial.store.count_due(&due(&both, day(10))).await.unwrap(),
        1
    );
    assert!(
        claim(&*trial.store, due(&whois, day(10)), "me", 9)
            .await
            .is_empty()
    );
    assert_eq!(
        trial.store.count_due(&due(&whois, day(12))).await.unwrap(),
        1,
        "to the second"
    );
}

/// Sections without a TTL last as long as their data.
pub async fn a_newer_data_version_makes_sections_due(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let (old, new) = (DataVersion::new(day(1), "a"), DataVersion::new(day(5), "a"));
    let made_from = |version| {
        let section = Section::found(no_fields(), None, Some(version), day(6));
        let mut answer = nothing(GEO, day(6));
        answer.result = Ok(section);
        answer
    };
    let batch = [
        looked_up(nth(1), vec![made_from(&old)]),
        looked_up(nth(2), vec![made_from(&new)]),
    ];
    trial.record(&batch, day(6)).await;
    let at = |version: &DataVersion| {
        [DueSection {
            provider: GEO,
            freshness: Freshness {
                version: Some(version.clone()),
                ..Freshness::default()
            },
            families: Families::Both,
            when_missing: WhenMissing::Due,
            given_by: Vec::new(),
        }]
    };
    assert_eq!(
        trial
            .store
            .count_due(&due(&at(&old), day(99)))
            .await
            .unwrap(),
        0
    );
    let claimed = claim(&*trial.store, due(&at(&new), day(99)), "me", 9).await;
    assert_eq!(claimed, [nth(1)]);
}

/// They are not due before their retry time.
pub async fn failures_wait_for_their_time(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let batch = [
        looked_up(nth(1), vec![failed(WHOIS, day(1), day(5))]),
        looked_up(
            nth(2),
            vec![whois(1, "X", "NL", day(1)), failed(WHOIS, day(2), day(8))],
        ),
    ];
    trial.record(&batch, day(2)).await;
    let sections = [lasting(WHOIS, 3)];
    let count = async |now| trial.store.count_due(&due(&sections, now)).await.unwrap();
    assert_eq!(count(day(4)).await, 0);
    assert_eq!(count(day(6)).await, 1);
    assert_eq!(count(day(9)).await, 2);
    assert!(
        claim(&*trial.store, due(&sections, day(4)), "me", 9)
            .await
            .is_empty()
    );
    assert_eq!(
        claim(&*trial.store, due(&sections, day(6)), "me", 9).await,
        [nth(1)]
    );
    let lasting = [lasting(WHOIS, 90)];
    let count = trial.store.count_due(&due(&lasting, day(9))).await.unwrap();
    assert_eq!(
        count, 1,
        "a failure to renew does not make a fresh section stale"
    );
}

/// No provider is asked about them.
pub async fn bogons_are_never_due(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let bogon = address("10.1.2.3");
    let update = AddressUpdate {
        special_purpose: special_purpose(bogon),
        ..seen(bogon, day(1), vec![])
    };
    trial.record(&[update], day(1)).await;
    let sections = [lasting(WHOIS, 7)];
    assert_eq!(
        trial
            .store
            .count_due(&due(&sections, day(500)))
            .await
            .unwrap(),
        0
    );
    assert!(
        claim(&*trial.store, due(&sections, day(500)), "me", 9)
            .await
            .is_empty()
    );
}

/// Only addresses without an origin remain.
pub async fn attributed_addresses_can_be_left_out(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let batch = [
        looked_up(nth(1), vec![whois(1, "X", "NL", day(1))]),
        looked_up(nth(2), vec![nothing(WHOIS, day(1))]),
    ];
    trial.record(&batch, day(1)).await;
    let sections = [lasting(WHOIS, 7)];
    let query = DueQuery {
        unattributed_only: true,
        ..due(&sections, day(100))
    };
    assert_eq!(trial.store.count_due(&query).await.unwrap(), 1);
    assert_eq!(claim(&*trial.store, query, "me", 9).await, [nth(2)]);
}

/// An address of the other family is never due for a provider of one family.
pub async fn families_that_a_provider_cannot_do_are_not_due(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let six = address("2606:4700::1111");
    trial
        .record(
            &[seen(nth(1), day(1), vec![]), seen(six, day(1), vec![])],
            day(1),
        )
        .await;
    let ipv4 = [DueSection {
        families: Families::Ipv4,
        ..lasting(NOISE, 7)
    }];
    assert_eq!(trial.store.count_due(&due(&ipv4, day(2))).await.unwrap(), 1);
    assert_eq!(
        claim(&*trial.store, due(&ipv4, day(2)), "me", 9).await,
        [nth(1)]
    );
    let both = [lasting(NOISE, 7)];
    assert_eq!(
        claim(&*trial.store, due(&both, day(2)), "me", 9).await,
        [six]
    );
}

/// A provider that is asked only about what others leave open is due only there.
pub async fn missing_sections_are_due_as_the_step_says(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let batch = [
        looked_up(nth(1), vec![geo(1, "X", "NL", day(1))]),
        looked_up(nth(2), vec![nothing(GEO, day(1))]),
        looked_up(
            nth(3),
            vec![geo(1, "X", "NL", day(1)), whois(1, "STALE", "NL", day(1))],
        ),
        looked_up(nth(4), vec![nothing(GEO, day(1)), nothing(WHOIS, day(1))]),
        looked_up(
            nth(5),
            vec![nothing(GEO, day(1)), whois(1, "STALE", "NL", day(1))],
        ),
    ];
    trial.record(&batch, day(1)).await;
    let of = |when_missing| {
        [DueSection {
            when_missing,
            given_by: vec![SectionKey {
                provider: GEO,
                key: "asn",
            }],
            ..lasting(WHOIS, 7)
        }]
    };
    for (when, expected) in [
        (
            WhenMissing::Due,
            vec![nth(1), nth(2), nth(3), nth(4), nth(5)],
        ),
        // The only source of the last one is stale.
        (WhenMissing::DueIfUnattributed, vec![nth(2), nth(4), nth(5)]),
        (WhenMissing::NotDue, vec![nth(3), nth(4), nth(5)]),
    ] {
        let sections = of(when);
        let count = trial
            .store
            .count_due(&due(&sections, day(50)))
            .await
            .unwrap();
        assert_eq!(
            count,
            u64::try_from(expected.len()).expect("small"),
            "{when:?}"
        );
        let claimed = sorted(claim(&*trial.store, due(&sections, day(50)), "me", 9).await);
        assert_eq!(claimed, expected, "{when:?}");
        trial.store.release("me", &claimed).await.unwrap();
    }
}

/// Most sessions first, where the quota does not suffice for all.
pub async fn a_scarce_provider_gets_the_busiest_addresses(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let busy = |i: u32, sessions: u32| {
        let sessions = (0..sessions).map(|n| session(&format!("{i}.{n}"), "pot", (1, 5), 1));
        visited(nth(i), sessions.collect())
    };
    trial
        .record(&[busy(1, 1), busy(2, 5), busy(3, 3)], day(1))
        .await;
    let sections = [lasting(NOISE, 7)];
    let query = || DueQuery {
        scarce: true,
        ..due(&sections, day(2))
    };
    assert_eq!(
        claim(&*trial.store, query(), "me", 2).await,
        [nth(2), nth(3)]
    );
    assert_eq!(claim(&*trial.store, query(), "me", 2).await, [nth(1)]);
}
