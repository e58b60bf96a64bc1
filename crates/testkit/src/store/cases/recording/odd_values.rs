//! Numbers and names at the edge of what columns hold.

use ipcascade_core::store::AddressUpdate;
use serde_json::json;

use crate::store::StoreSubject;
use crate::store::fixtures::{NOISE, WHOIS, asn, day, failed, found, geo, nth, seen, whois};
use crate::store::trial::Trial;

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
