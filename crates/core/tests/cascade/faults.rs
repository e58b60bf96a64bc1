//! Providers that leave answers out, or panic.

use ipcascade_core::cascade::Disposition;
use ipcascade_core::lookup::FailureClass;
use serde_json::json;

use crate::run::{Run, default_steps, section};
use crate::table::Table;

#[tokio::test]
async fn a_provider_that_does_not_answer_each_address_has_failed() {
    let mut steps = default_steps();
    steps[0].0.short = true;
    let run = Run::new(steps);
    let resolutions = run.resolve(&["198.41.0.4", "192.33.4.12"], json!({})).await;
    assert!(
        resolutions
            .iter()
            .all(|r| matches!(r.trace[0], Disposition::Failed(_)))
    );
    assert!(
        matches!(resolutions[1].trace[1], Disposition::Found),
        "the others still answer"
    );
}

#[tokio::test]
async fn a_provider_that_panics_affects_no_other() {
    let known = [
        ("198.41.0.4", json!({"asn": 1})),
        ("198.41.0.5", json!({"asn": 2})),
    ];
    let mut broken = Table::new("broken", &known);
    broken.panics_on = Some("198.41.0.5".parse().unwrap());
    let other = Table::new("other", &[("198.41.0.5", json!({"country": "NL"}))]);
    let run = Run::new(vec![(broken, Vec::new()), (other, Vec::new())]);
    let resolutions = run.resolve(&["198.41.0.4", "198.41.0.5"], json!({})).await;
    assert_eq!(section(&resolutions[0], "broken").unwrap()["asn"], 1);
    assert!(section(&resolutions[1], "broken").is_none());
    assert_eq!(section(&resolutions[1], "other").unwrap()["country"], "NL");
    let failure = match &resolutions[1].trace[0] {
        Disposition::Failed(failure) => Some(failure),
        _ => None,
    };
    let failure = failure.unwrap();
    assert_eq!(failure.class, FailureClass::Permanent);
    assert!(failure.to_string().contains("a bug with"), "{failure}");
    assert!(failure.to_string().contains("198.41.0.5"), "{failure}");
}
