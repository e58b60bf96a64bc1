//! What messages name, and what they do not show.

use crate::Subject;

const UNKNOWN_KEY: &str = "no_such_setting";

/// An unknown key, and each example of wrong settings, is refused with the full name of the key.
pub async fn settings_errors_named(subject: &Subject) {
    assert!(
        !subject.wrong_settings.is_empty(),
        "describe wrong settings"
    );
    assert_refused(subject, &with_unknown_key(subject), UNKNOWN_KEY);
    for wrong in &subject.wrong_settings {
        assert_refused(subject, &wrong.settings, &wrong.key);
    }
}

fn assert_refused(subject: &Subject, settings: &str, key: &str) {
    let error = match subject.try_build(settings) {
        Err(error) => error,
        Ok(built) => panic!("these settings were taken ({built:?}):\n{settings}"),
    };
    let key = format!("providers.{}.{key}", subject.factory.name);
    assert!(
        error.to_string().contains(&key),
        "`{key}` is not named: {error}"
    );
    assert_no_secret(
        subject,
        "an error",
        &format!("{error} {error:?} {error:#?}"),
    );
}

/// `Debug` of settings and provider shows no secret, before and after a question, nor does an error about settings that
/// contain one, even under a wrong name.
pub async fn no_secrets(subject: &Subject) {
    let settings = subject.settings(&subject.settings);
    assert_no_secret(
        subject,
        "Debug of the settings",
        &format!("{settings:?} {settings:#?}"),
    );
    for secret in &subject.secrets {
        let Some(line) = subject.settings.lines().find(|line| line.contains(secret)) else {
            panic!("the settings do not hold the secret: the check could not fail");
        };
        let misspelt = subject.settings.replace(line, &format!("x{line}"));
        assert_refused(subject, &misspelt, "x");
    }
    let provider = subject.build();
    assert_no_secret(subject, "Debug", &format!("{provider:?} {provider:#?}"));
    let answers = provider.look_up(&subject.addresses()).await;
    assert_no_secret(subject, "Debug", &format!("{provider:?} {answers:?}"));
    assert_refused(subject, &with_unknown_key(subject), UNKNOWN_KEY);
}

pub(super) fn assert_no_secret(subject: &Subject, place: &str, text: &str) {
    for secret in &subject.secrets {
        assert!(!text.contains(secret.as_str()), "{place} shows a secret");
    }
}

/// At the front: at the end, it might fall into a table of the settings.
fn with_unknown_key(subject: &Subject) -> String {
    format!("{UNKNOWN_KEY} = 1\n{}", subject.settings)
}
