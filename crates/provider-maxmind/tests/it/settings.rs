//! The settings, `[providers.maxmind]`.

use ipcascade_core::field::Field;
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_provider_maxmind::FACTORY;

use crate::common::{Folder, Mmdb, build, provider_with};

fn refused(toml: &str) -> String {
    match build(toml) {
        Err(BuildError::Settings(error)) => error.to_string(),
        other => panic!("{toml}: {other:?}"),
    }
}

#[test]
fn a_wrong_setting_is_named_with_what_was_expected() {
    for (toml, expected) in [
        ("file = []", "unknown key `providers.maxmind.file`"),
        ("files = true", "`providers.maxmind.files`"),
        (
            "files = [\"\"]",
            "`providers.maxmind.files`: entry 1 is empty",
        ),
        ("mmap = \"yes\"", "`providers.maxmind.mmap`"),
        ("language = \"\"", "`providers.maxmind.language`"),
        ("ttl = -1", "`providers.maxmind.ttl`"),
        ("[fields]\nx = 5", "`providers.maxmind.fields.x`"),
        (
            "[fields]\nx = \"a..b\"",
            "`providers.maxmind.fields.x` is \"a..b\": expected keys",
        ),
        (
            "[fields]\nX = \"a\"",
            "`providers.maxmind.fields.X`: its name is not",
        ),
        (
            "[fields]\ncached_at = \"a\"",
            "`providers.maxmind.fields.cached_at`: the name is taken",
        ),
    ] {
        let error = refused(toml);
        assert!(error.contains(expected), "{toml}: {error}");
    }
}

#[test]
fn without_files_there_is_a_hint() {
    match build("").unwrap() {
        ProviderSetup::Unconfigured(hint) => {
            assert!(
                hint.contains("providers.maxmind.files") && hint.contains("--mmdb"),
                "{hint}"
            );
        }
        ProviderSetup::Ready(_) => panic!("nothing to work with"),
    }
}

#[test]
fn the_example_can_be_used_as_it_stands() {
    let figment_table = FACTORY
        .example
        .strip_prefix("[providers.maxmind]\n")
        .unwrap();
    let error = build(figment_table).unwrap_err();
    // Its keys are valid; only the files do not exist.
    assert!(matches!(error, BuildError::Resource(_)), "{error}");
}

#[test]
fn the_life_of_answers_is_the_build_unless_set() {
    let folder = Folder::new();
    let path = folder.put("a.mmdb", &Mmdb::new("A").with("1.0.0.0/8", "x"));
    let provider = provider_with(&[&path], "");
    assert_eq!(provider.capabilities().ttl, None);
    assert_eq!(provider.capabilities().not_found_ttl, None);
    assert!(!provider.capabilities().online);
    assert!(
        !provider
            .capabilities()
            .fields
            .contains(&Field::REGISTRY_COUNTRY)
    );
    let provider = provider_with(&[&path], "ttl = \"30d\"\nnot_found_ttl = \"2d\"");
    assert_eq!(provider.capabilities().ttl.unwrap().num_days(), 30);
    assert_eq!(provider.capabilities().not_found_ttl.unwrap().num_days(), 2);
}
