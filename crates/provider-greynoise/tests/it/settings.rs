//! Settings, and where the key comes from.

use ipcascade_core::registry::ProviderSetup;
use ipcascade_provider_greynoise::build;
use wiremock::matchers::header;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::common::*;

fn problem(text: &str) -> String {
    match build(&settings(text)) {
        Err(error) => error.to_string(),
        Ok(built) => panic!("{text} was accepted: {built:?}"),
    }
}

#[test]
fn wrong_settings_are_refused_by_name() {
    for (text, key) in [
        ("mode = \"fast\"", "providers.greynoise.mode"),
        ("modus = \"single\"", "providers.greynoise.modus"),
        ("batch_size = 10001", "providers.greynoise.batch_size"),
        ("concurrency = 0", "providers.greynoise.concurrency"),
        ("timeout = \"0s\"", "providers.greynoise.timeout"),
        ("ttl = \"0d\"", "providers.greynoise.ttl"),
        ("base_url = \"ftp://a\"", "providers.greynoise.base_url"),
        (
            "base_url = \"https://u:p@a\"",
            "providers.greynoise.base_url",
        ),
        (
            "base_url = 'https://u:\\p@a'",
            "providers.greynoise.base_url",
        ),
        (
            "base_url = 'https://u:/p@a'",
            "providers.greynoise.base_url",
        ),
        ("rate_limit = { per_second = 0.0 }", "rate_limit.per_second"),
        ("rate_limit = { per_minute = 1 }", "rate_limit.per_minute"),
    ] {
        let problem = problem(text);
        assert!(problem.contains(key), "{text}: {problem}");
    }
}

#[test]
fn a_key_of_the_wrong_kind_is_not_shown() {
    for text in [
        "api_key = 12345.75",
        "api_key = \"12345.75\\n12345.75\"",
        "api_key = -12345",
    ] {
        let problem = problem(text);
        assert!(
            problem.contains("api_key") && !problem.contains("12345"),
            "{problem}"
        );
    }
}

#[test]
fn modes_that_need_a_file_say_what_to_set() {
    let Ok(ProviderSetup::Unconfigured(hint)) = build(&settings("mode = \"psychic\"")) else {
        panic!("a Psychic file is needed")
    };
    assert!(hint.contains("providers.greynoise.file"), "{hint}");
}

#[test]
fn the_sample_in_the_registry_is_valid() {
    use ipcascade_core::registry::Registry;
    let factory = Registry::linked().unwrap().provider("greynoise").unwrap();
    let body = factory
        .example
        .strip_prefix("[providers.greynoise]")
        .unwrap();
    assert!(matches!(
        build(&settings(body)),
        Ok(ProviderSetup::Ready(_))
    ));
    let all: Vec<&str> = body
        .lines()
        .filter(|line| !line.contains("api_key_file"))
        .map(|line| line.strip_prefix("# ").unwrap_or(line))
        .collect();
    let built = build(&settings(&all.join("\n")));
    assert!(matches!(built, Ok(ProviderSetup::Ready(_))), "{built:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_key_file_is_read_in_any_mode_that_secrets_are_mounted_in() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, format!("{KEY}\n")).unwrap();
    let chmod = |mode| {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let peer = MockServer::start().await;
    Mock::given(header("key", KEY))
        .respond_with(ResponseTemplate::new(200).set_body_json(serde_json::json!({
            "ip": "198.41.0.4",
            "internet_scanner_intelligence": {"found": false},
        })))
        .expect(3)
        .mount(&peer)
        .await;
    let text = format!(
        "mode = \"single\"\nbase_url = \"{}\"\napi_key_file = \"{}\"",
        peer.uri(),
        file.display()
    );
    for mode in [0o600, 0o444, 0o644] {
        chmod(mode);
        let provider = configured(&text);
        let answers = provider.look_up(&addresses(&["198.41.0.4"])).await;
        assert!(
            !matches!(
                answers.outcomes[0],
                ipcascade_core::lookup::Outcome::Failed(_)
            ),
            "{mode:o}"
        );
    }
    chmod(0o600);
    std::fs::write(&file, "\n").unwrap();
    assert!(problem(&text).contains("is empty"));
}

#[test]
fn a_missing_key_file_is_an_error_that_names_it() {
    let problem = problem("api_key_file = \"/nowhere/greynoise.key\"");
    assert!(problem.contains("/nowhere/greynoise.key"), "{problem}");
}
