//! Checks of what a provider declares: its registration, its capabilities and its fields.

use ipcascade_core::address::Address;
use ipcascade_core::lookup::{Finding, Outcome};
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::{BuildError, ProviderFactory, Registry};
use ipcascade_core::section_keys::{PREFIX, RESERVED_KEYS};

use crate::Subject;

/// The provider is linked, its capabilities are sound, and they agree with its registration.
pub async fn declaration(subject: &Subject) {
    let factory = subject.factory;
    let name = factory.name.as_str();
    assert!(
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
        "the name `{name}` is not of lower case letters, digits and `_`"
    );
    assert!(!factory.description.is_empty(), "no description");
    check_example(subject);

    let registry = match Registry::linked() {
        Ok(registry) => registry,
        Err(error) => panic!("{error}"),
    };
    assert!(
        registry.providers().any(|other| other.name == factory.name),
        "`inventory::submit!` is missing"
    );

    let provider = subject.build();
    check_capabilities(factory, &*provider);
    let held = match factory.fields_with(&subject.settings(&subject.settings)) {
        Ok(held) => held,
        Err(error) => panic!("{error}"),
    };
    for &field in &provider.capabilities().fields {
        assert!(
            held.iter().any(|source| source.field == field),
            "`{field}` is declared, but not where the section holds it"
        );
    }
}

/// The example is a table of the provider, without unknown keys.
fn check_example(subject: &Subject) {
    let name = subject.factory.name.as_str();
    let example: toml::Table = match subject.factory.example.parse() {
        Ok(example) => example,
        Err(error) => panic!("the example is no TOML: {error}"),
    };
    let table = example.get("providers").and_then(|all| all.get(name));
    let Some(table) = table.and_then(toml::Value::as_table) else {
        panic!("the example has no [providers.{name}]");
    };
    // A file that the example names need not exist here.
    if let Err(BuildError::Settings(error)) = subject.try_build(&table.to_string()) {
        let error = error.to_string();
        assert!(!error.contains("unknown key"), "the example: {error}");
    }
}

/// The capabilities are sound, and agree with the registration.
fn check_capabilities(factory: &ProviderFactory, provider: &dyn Provider) {
    let capabilities = provider.capabilities();
    assert_eq!(capabilities.name, factory.name);
    assert!(
        capabilities.batch_size >= 1 && capabilities.concurrency >= 1,
        "batch size and concurrency are at least 1"
    );
    assert!(
        factory.online || !capabilities.online,
        "it goes online, but is not registered so"
    );
    assert!(
        !capabilities.online || capabilities.ttl.is_some(),
        "answers from a service must end some time"
    );
    assert!(
        capabilities.ttl.is_some() || provider.data_version().is_some(),
        "without a time to live or a version, its sections would never get old"
    );
    if let Some(limit) = capabilities.rate_limit {
        assert!(
            limit.per_second > 0.0 && limit.burst >= 1,
            "no request would ever be made: {limit:?}"
        );
    }
}

/// The declared fields are those of the answers: each occurs in the answer about one of the known addresses, well-known
/// fields have values of their type, and no field has the name of one of a section's own keys.
pub async fn fields_as_declared(subject: &Subject) {
    let provider = subject.build();
    let held = match subject
        .factory
        .fields_with(&subject.settings(&subject.settings))
    {
        Ok(held) => held,
        Err(error) => panic!("{error}"),
    };
    let known: Vec<Address> = subject.known.iter().map(|known| known.address).collect();
    let answers = provider.look_up(&known).await;
    let findings = answers.outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Found(finding) => Some(finding),
        _ => None,
    });
    let findings: Vec<&Finding> = findings.collect();
    for finding in &findings {
        for (name, _) in finding.fields.iter() {
            assert!(
                !RESERVED_KEYS.contains(&name),
                "a field is called `{name}`, as what a section says of itself is; the prefix of an answer goes into `Finding::prefix`"
            );
        }
    }
    for &field in &provider.capabilities().fields {
        let sources = held.iter().filter(|source| source.field == field);
        let keys: Vec<&str> = sources.map(|source| source.key).collect();
        let has_prefix = |finding: &Finding| finding.prefix.is_some() && keys.contains(&PREFIX);
        let mut has_any = false;
        for finding in &findings {
            has_any |= has_prefix(finding);
            for value in keys.iter().filter_map(|key| finding.fields.get(key)) {
                has_any |= !value.is_null();
                let is_of_kind = field
                    .kind()
                    .is_none_or(|kind| kind.is_of(value) || value.is_null());
                assert!(
                    is_of_kind,
                    "`{field}` is {value}: expected {}",
                    field
                        .kind()
                        .map(|kind| kind.to_string())
                        .unwrap_or_default()
                );
            }
        }
        assert!(
            has_any,
            "`{field}` is declared, but no known address has it: describe one that does, or do not declare it"
        );
    }
}
