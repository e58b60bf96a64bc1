//! How failures are classified.

use ipcascade_core::lookup::Outcome;

use crate::Subject;
use crate::checks::messages::assert_no_secret;

/// Failures have the expected class for each address of a batch, have a message, and contain no secrets.
pub async fn failures_classified(subject: &Subject) {
    assert!(
        !subject.build().capabilities().online || !subject.failing.is_empty(),
        "a provider that goes online can fail: describe how"
    );
    for failing in &subject.failing {
        let provider = subject.build_with(&failing.settings);
        for count in 1..=2 {
            let answers = provider.look_up(&vec![failing.address; count]).await;
            assert_eq!(answers.outcomes.len(), count);
            for outcome in &answers.outcomes {
                let Outcome::Failed(failure) = outcome else {
                    panic!("{}: expected a failure: {answers:?}", failing.address);
                };
                assert!(
                    (failing.expected)(&failure.class),
                    "{}: not of class {:?}: {failure}",
                    failing.address,
                    failure.class
                );
                assert!(!failure.message.is_empty(), "the failure says nothing");
            }
            assert_no_secret(subject, "a failure", &format!("{answers:?} {provider:?}"));
        }
    }
}
