//! When a step is asked: what is missing, what is fresh, what is about another prefix.

use ipcascade_core::cascade::Disposition;
use serde_json::json;

use crate::run::{Run, default_steps};

#[tokio::test]
async fn a_conditional_step_is_asked_only_for_what_is_missing() {
    let run = Run::new(default_steps());
    let all = ["198.41.0.4", "199.9.14.201", "192.33.4.12", "192.5.5.241"];
    let resolutions = run.resolve(&all, json!({})).await;
    assert_eq!((run.asked(0), run.asked(1)), (4, 3));
    let asns: Vec<Option<u32>> = resolutions
        .iter()
        .map(|r| {
            run.cascade
                .policy()
                .attribution(r.update.address, &r.document)
        })
        .map(|attribution| attribution.map(|(asn, _)| asn.get()))
        .collect();
    assert_eq!(asns, [Some(1), Some(2), Some(3), None]);
    assert!(matches!(resolutions[0].trace[1], Disposition::NotNeeded));
}

#[tokio::test]
async fn fresh_sections_are_not_looked_up_again_and_each_ages_by_itself() {
    let run = Run::new(default_steps());
    let known = json!({
        "geo": {"country": "US", "cached_at": "2026-10-31T00:00:00Z"},
        "whois": {"asn": 9, "cached_at": "2026-10-01T00:00:00Z"},
    });
    let resolutions = run.resolve(&["199.9.14.201"], known).await;
    assert_eq!(
        (run.asked(0), run.asked(1)),
        (0, 1),
        "only the stale section is looked up"
    );
    assert!(matches!(
        resolutions[0].trace[..],
        [Disposition::Fresh, Disposition::Found]
    ));
    assert_eq!(resolutions[0].update.answers.len(), 1);
}

#[tokio::test]
async fn a_stale_answer_for_a_field_does_not_keep_others_from_being_asked() {
    let mut steps = default_steps();
    steps[0].0.fails = true;
    let run = Run::new(steps);
    let known = json!({"geo": {"asn": 7, "cached_at": "2026-01-01T00:00:00Z"}});
    let resolutions = run.resolve(&["192.33.4.12"], known).await;
    assert_eq!(run.asked(1), 1);
    let document = &resolutions[0].document;
    assert!(document.section("geo").is_some(), "the old section stays");
    assert!(document.failure("geo").is_some() && document.failure("whois").is_none());
}

#[tokio::test]
async fn a_section_about_another_prefix_is_looked_up_again() {
    let run = Run::new(default_steps());
    let known = json!({
        "whois": {"asn": 7, "prefix": "4.33.192.0/24", "cached_at": "2026-10-31T00:00:00Z"},
    });
    run.resolve(&["192.33.4.12"], known).await;
    assert_eq!(run.asked(1), 1);
}
