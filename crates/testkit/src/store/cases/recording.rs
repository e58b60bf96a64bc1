//! Records batches of addresses.

use ipcascade_core::special_purpose::special_purpose;
use ipcascade_core::store::{AddressUpdate, SeenRange, WriteReport};
use serde_json::json;

use crate::store::StoreSubject;
use crate::store::asn_lists::{listed, policy_with_lists};
use crate::store::fixtures::{
    GEO, NOISE, WHOIS, address, asn, day, failed, found, geo, looked_up, nothing, nth, policy,
    seen, whois,
};
use crate::store::foreign::{ForeignAddress, ForeignAsn, ForeignStatement};
use crate::store::trial::Trial;

/// Rows of address and AS appear together, with exact counts.
pub async fn a_new_address_brings_its_as_with_it(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let update = seen(
        nth(1),
        day(1),
        vec![whois(65001, "EXAMPLE-NET", "NL", day(2))],
    );
    let report = trial.record(&[update], day(2)).await;
    let expected = WriteReport {
        addresses_new: 1,
        asns_new: 1,
        ..WriteReport::default()
    };
    assert_eq!(
        (report.addresses_new, report.asns_new),
        (1, 1),
        "{report:?} {expected:?}"
    );

    let row = trial.address(nth(1)).await;
    assert_eq!(row.current_asn, Some(asn(65001)));
    assert_eq!((row.first_seen, row.last_seen), (day(1), day(1)));
    assert_eq!(
        (row.enrichment_updated_at, row.asn_last_verified),
        (Some(day(2)), Some(day(2)))
    );
    assert_eq!(
        row.session_count, 0,
        "an address looked up has had no session"
    );

    let row = trial.asn(65001).await;
    assert_eq!(row.organization_name.as_deref(), Some("EXAMPLE-NET"));
    assert_eq!(row.organization_country.as_deref(), Some("NL"));
    assert_eq!(row.rir_registry.as_deref(), Some("ripencc"));
    assert_eq!((row.unique_ip_count, row.total_session_count), (1, 0));
    assert_eq!((row.first_seen, row.last_seen), (day(1), day(1)));
    assert_eq!(row.enrichment["organization_name"]["source"], "cymru");

    let history = trial.store.history(nth(1)).await.unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].verification_source.as_deref(), Some("cymru"));
    assert_eq!(history[0].observed_at, day(2));
}

/// New answers go into the existing row.
pub async fn a_known_address_is_updated(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let first = seen(nth(1), day(1), vec![geo(65001, "EXAMPLE", "NL", day(1))]);
    trial.record(&[first], day(1)).await;
    let noise = found(NOISE, json!({"noise": true}), day(3));
    let report = trial
        .record(&[seen(nth(1), day(3), vec![noise])], day(3))
        .await;
    assert_eq!((report.addresses_new, report.addresses_updated), (0, 1));
    assert_eq!((report.asns_new, report.addresses_moved), (0, 0));
    let row = trial.address(nth(1)).await;
    assert!(row.enrichment.section("maxmind").is_some());
    assert!(row.enrichment.section("greynoise").is_some());
    assert_eq!((row.first_seen, row.last_seen), (day(1), day(3)));
    assert_eq!(row.enrichment_updated_at, Some(day(3)));
}

/// Nothing but freshness differs after the second time.
pub async fn the_same_batch_again_changes_nothing(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let batch = [
        seen(nth(1), day(1), vec![geo(65001, "ONE", "NL", day(1))]),
        seen(nth(2), day(2), vec![whois(65002, "TWO", "DE", day(1))]),
    ];
    trial.record(&batch, day(2)).await;
    let (address, system) = (trial.address(nth(1)).await, trial.asn(65001).await);
    let report = trial.record(&batch, day(2)).await;
    assert_eq!(report, WriteReport::default());
    assert_eq!(trial.address(nth(1)).await, address);
    assert_eq!(trial.asn(65001).await, system);
    assert_eq!(trial.attributions(nth(1)).await, [asn(65001)]);
}

/// Two mentions of one address become one row with both.
pub async fn an_address_twice_in_a_batch_is_one_row(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let batch = [
        seen(nth(1), day(5), vec![geo(65001, "ONE", "NL", day(1))]),
        seen(
            nth(1),
            day(3),
            vec![found(NOISE, json!({"noise": false}), day(1))],
        ),
        seen(nth(1), day(9), vec![]),
    ];
    let report = trial.record(&batch, day(9)).await;
    assert_eq!(report.addresses_new, 1);
    let row = trial.address(nth(1)).await;
    assert_eq!((row.first_seen, row.last_seen), (day(3), day(9)));
    assert!(row.enrichment.section("greynoise").is_some());
    assert_eq!(trial.asn(65001).await.unique_ip_count, 1);
}

/// The key is the canonical text.
pub async fn spellings_of_one_address_are_one_row(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let spellings = [
        "2606:4700:0:0:0:0:0:1111",
        "2606:4700::1111",
        "2606:4700:0::1111",
    ];
    let batch: Vec<AddressUpdate> = spellings
        .iter()
        .map(|text| seen(address(text), day(1), vec![geo(65001, "ONE", "NL", day(1))]))
        .collect();
    trial.record(&batch, day(1)).await;
    let mapped = [seen(address("::ffff:11.0.0.1"), day(1), vec![])];
    trial.record(&mapped, day(1)).await;
    let texts: Vec<String> = trial.subject.tables().await.addresses.into_keys().collect();
    assert_eq!(texts, ["11.0.0.1", "2606:4700::1111"]);
}

/// All 32 bits.
pub async fn the_greatest_asn_is_kept(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let update = seen(
        nth(1),
        day(1),
        vec![whois(u32::MAX, "GREATEST", "NL", day(1))],
    );
    trial.record(&[update], day(1)).await;
    assert_eq!(trial.address(nth(1)).await.current_asn, Some(asn(u32::MAX)));
    assert_eq!(trial.asn(u32::MAX).await.unique_ip_count, 1);
    assert_eq!(trial.attributions(nth(1)).await, [asn(u32::MAX)]);
    let numbers: Vec<i64> = trial.subject.tables().await.asns.into_keys().collect();
    assert_eq!(numbers, [4_294_967_295]);
}

/// Numbers around 2³¹ neither wrap nor change order.
pub async fn the_signed_32_bit_boundary_has_no_effect(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let numbers = [1, 2_147_483_647, 2_147_483_648, 4_200_000_001, u32::MAX];
    let batch: Vec<AddressUpdate> = (0..)
        .zip(numbers)
        .map(|(i, number)| seen(nth(i), day(1), vec![geo(number, "X", "NL", day(1))]))
        .collect();
    trial.record(&batch, day(1)).await;
    assert_eq!(
        trial
            .asn_numbers(&ipcascade_core::store::AsnQuery::default())
            .await,
        numbers
    );
}

/// Quotes, line breaks, other scripts and what looks like an escape or like SQL.
pub async fn odd_names_come_back_as_they_were(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let names = [
        "O'Brien & \"Sons\"",
        "line\nbreak\tand\\backslash",
        "😀 数据 Ünïcødé",
        r"\u0000 is only text, \x00 too, \N as well",
        "Robert'); DROP TABLE ip_inventory;--",
        "%like_\\_pattern%",
        "{curly} [square] $1 ?1 :name",
        "\u{7f}\u{1}\u{202e}rtl",
    ];
    let batch: Vec<AddressUpdate> = (1..)
        .zip(names)
        .map(|(i, name)| seen(nth(i), day(1), vec![geo(65000 + i, name, "NL", day(1))]))
        .collect();
    trial.record(&batch, day(1)).await;
    for (i, name) in (1..).zip(names) {
        let system = trial.asn(65000 + i).await;
        assert_eq!(system.organization_name.as_deref(), Some(name.trim()));
        let row = trial.address(nth(i)).await;
        let stored = row
            .enrichment
            .section("maxmind")
            .and_then(|s| s.get("asn_org"));
        assert_eq!(stored.as_deref(), Some(&json!(name)));
    }
    let long = "n".repeat(100_000);
    let update = seen(nth(90), day(1), vec![geo(65090, &long, "NL", day(1))]);
    trial.record(&[update], day(1)).await;
    assert_eq!(trial.asn(65090).await.organization_name, Some(long));
}

/// U+0000, which PostgreSQL cannot store, is removed by every store.
pub async fn nul_is_left_out(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let mut update = seen(nth(1), day(1), vec![geo(65001, "A\0B", "NL", day(1))]);
    update.answers.push(found(
        NOISE,
        json!({"na\0me": "x\0y", "literal": "\\u0000"}),
        day(1),
    ));
    update.answers.push(failed(WHOIS, day(1), day(2)));
    trial.record(&[update], day(1)).await;
    assert_eq!(
        trial.asn(65001).await.organization_name.as_deref(),
        Some("AB")
    );
    let row = trial.address(nth(1)).await;
    let noise = row.enrichment.section("greynoise").unwrap();
    assert_eq!(noise.get("name").as_deref(), Some(&json!("xy")));
    assert_eq!(noise.get("literal").as_deref(), Some(&json!("\\u0000")));
}

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

/// A failure does not undo an earlier answer of the same provider.
pub async fn a_failure_keeps_the_old_section(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial
        .record(
            &[looked_up(nth(1), vec![whois(65001, "X", "NL", day(1))])],
            day(1),
        )
        .await;
    trial
        .record(
            &[looked_up(nth(1), vec![failed(WHOIS, day(2), day(3))])],
            day(2),
        )
        .await;
    let row = trial.address(nth(1)).await;
    assert_eq!(row.current_asn, Some(asn(65001)));
    assert!(
        row.enrichment
            .section("cymru")
            .unwrap()
            .get("asn_org")
            .is_some()
    );
    assert_eq!(row.enrichment.failure("cymru").unwrap().retry_at, day(3));
    trial
        .record(
            &[looked_up(nth(1), vec![whois(65001, "X", "NL", day(4))])],
            day(4),
        )
        .await;
    assert_eq!(
        trial.address(nth(1)).await.enrichment.failure("cymru"),
        None
    );
}

/// A slow machine does not undo the work of a fast one.
pub async fn an_older_section_does_not_replace_a_newer_one(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial
        .record(
            &[looked_up(nth(1), vec![geo(65002, "NEW", "NL", day(5))])],
            day(5),
        )
        .await;
    trial
        .record(
            &[looked_up(nth(1), vec![geo(65001, "OLD", "NL", day(4))])],
            day(6),
        )
        .await;
    assert_eq!(trial.address(nth(1)).await.current_asn, Some(asn(65002)));
    assert_eq!(trial.attributions(nth(1)).await, [asn(65002)]);
}

/// It is stored and marked, without an AS.
pub async fn a_bogon_is_marked_and_has_no_as(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    for text in ["10.0.0.1", "192.0.2.1", "fe80::1", "224.0.0.1"] {
        let bogon = address(text);
        let update = AddressUpdate {
            special_purpose: special_purpose(bogon),
            ..seen(bogon, day(1), vec![])
        };
        trial.record(&[update], day(1)).await;
        let row = trial.address(bogon).await;
        assert!(row.enrichment.is_special(), "{text}");
        assert_eq!(row.current_asn, None);
    }
    assert_eq!(trial.store.totals().await.unwrap().asns, 0);
}

/// Even if its document names an AS.
pub async fn an_address_that_becomes_a_bogon_leaves_its_as(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let bogon = address("198.18.0.1");
    let system = ForeignAsn::new(65001, (day(1), day(1)));
    let row = ForeignAddress {
        asn: Some(65001),
        document: crate::store::fixtures::document(65001),
        ..ForeignAddress::new(bogon, (day(1), day(1)))
    };
    trial
        .foreign(ForeignStatement::InsertAsns(vec![system]))
        .await;
    trial
        .foreign(ForeignStatement::InsertAddresses(vec![row]))
        .await;
    let update = AddressUpdate {
        special_purpose: special_purpose(bogon),
        ..seen(bogon, day(2), vec![])
    };
    let report = trial.record(&[update], day(2)).await;
    assert_eq!(report.addresses_moved, 1);
    assert_eq!(trial.asn(65001).await.unique_ip_count, 0);
}

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

/// Sections and columns of other programs are left alone.
pub async fn sections_of_others_survive(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let document = r#"{"dshield": {"ip": {"ascountry": "NL"}}, "spur": {"client": {"types": []}}}"#;
    let row = ForeignAddress {
        document: document.to_owned(),
        ..ForeignAddress::new("11.0.0.1", (day(1), day(1)))
    };
    trial
        .foreign(ForeignStatement::InsertAddresses(vec![row]))
        .await;
    trial
        .record(
            &[looked_up(nth(1), vec![geo(65001, "X", "NL", day(2))])],
            day(2),
        )
        .await;
    let row = trial.address(nth(1)).await;
    let dshield = row.enrichment.section("dshield").unwrap();
    assert_eq!(
        dshield.get("ip").as_deref(),
        Some(&json!({"ascountry": "NL"}))
    );
    assert!(row.enrichment.section("spur").is_some());
    assert!(row.enrichment.section("maxmind").is_some());
}

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

/// Recording nothing works.
pub async fn an_empty_batch_is_nothing(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    assert_eq!(trial.record(&[], day(1)).await, WriteReport::default());
}

/// And even after the first one has closed.
pub async fn a_second_process_sees_what_the_first_wrote(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let other = trial.other().await;
    trial
        .record(
            &[seen(nth(1), day(1), vec![geo(65001, "X", "NL", day(1))])],
            day(1),
        )
        .await;
    let row = trial.address(nth(1)).await;
    assert_eq!(other.known(&[nth(1)]).await.unwrap(), [Some(row.clone())]);
    trial.store.close().await;
    other.close().await;
    let again = trial.other().await;
    assert_eq!(again.known(&[nth(1)]).await.unwrap(), [Some(row)]);
}

/// A refresh read it and another program deleted it: the answers come too late.
pub async fn an_address_that_was_deleted_meanwhile_stays_away(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial.record(&[seen(nth(1), day(1), vec![])], day(1)).await;
    let refreshed = [1, 2].map(|number| AddressUpdate {
        only_if_stored: true,
        ..looked_up(nth(number), vec![geo(65001, "X", "NL", day(2))])
    });
    let report = trial.record(&refreshed, day(2)).await;
    assert_eq!((report.addresses_new, report.addresses_updated), (0, 1));
    let known = trial.store.known(&[nth(2)]).await.expect("reading works");
    assert_eq!(known, [None]);
}
