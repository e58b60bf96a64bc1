//! Builds the cascade from the configuration.

use std::sync::Arc;

use ipcascade_core::cascade::{Cascade, Step};
use ipcascade_core::field::Field;
use ipcascade_core::policy::{Policy, PolicySource};
use ipcascade_core::provider::{Provider, asn_source};
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::registry::{BuildError, ProviderFactory, ProviderSetup, Registry};
use ipcascade_core::settings::SettingsError;

use crate::app::cascade_plan::{BuiltProvider, CascadePlan, ProviderStatus, SkippedProvider};
use crate::app::context::App;
use crate::config::{Config, PRIVATE, Reach, StepConfig, never_online};
use crate::report::CliError;

/// The default steps, with the fields of which one must be missing. Providers that are not linked or have nothing to
/// work with are left out. Any other provider follows, an online one only if the configuration has a table for it.
const DEFAULT_STEPS: [(&str, &[Field]); 5] = [
    ("maxmind", &[]),
    ("rir", &[]),
    ("bgp", &[]),
    ("cymru", &[Field::ASN]),
    ("greynoise", &[]),
];

impl App<'_> {
    /// Which source wins: the providers of the steps in order, then the other linked ones, so that sections left behind
    /// by other configurations are read as well.
    ///
    /// # Errors
    ///
    /// If the cascade names a provider that does not exist.
    pub fn policy(&self) -> Result<Policy, CliError> {
        policy(self)
    }

    /// The same, with what offline providers know about ASes themselves, for operations on stored sections alone.
    ///
    /// # Errors
    ///
    /// If the cascade names a provider that does not exist.
    pub fn informed_policy(&self) -> Result<Policy, CliError> {
        informed_policy(self)
    }

    /// The configured cascade, with each of its providers ready to be asked.
    ///
    /// # Errors
    ///
    /// If a provider's settings are wrong, or one that the configuration names has nothing to work with.
    pub fn cascade(&self) -> Result<CascadePlan, CliError> {
        plan(self)
    }

    /// Every linked provider, with the result of building it.
    pub fn providers(&self) -> Vec<BuiltProvider> {
        all(self)
    }
}

/// A step before its provider is built.
struct PlannedStep {
    factory: &'static ProviderFactory,
    if_missing: Vec<Field>,
}

fn planned(config: &Config, registry: &Registry) -> Result<Vec<PlannedStep>, CliError> {
    match &config.cascade().steps {
        Some(steps) => steps
            .iter()
            .map(|step| configured_step(step, registry))
            .collect(),
        None => Ok(default_steps(config, registry)),
    }
}

fn configured_step(step: &StepConfig, registry: &Registry) -> Result<PlannedStep, CliError> {
    let fields = step.if_missing.iter();
    Ok(PlannedStep {
        factory: registry.provider(&step.provider)?,
        if_missing: fields.map(|name| Field::named(name)).collect(),
    })
}

fn default_steps(config: &Config, registry: &Registry) -> Vec<PlannedStep> {
    let usual = DEFAULT_STEPS.iter().filter_map(|(name, if_missing)| {
        Some(PlannedStep {
            factory: registry.provider(name).ok()?,
            if_missing: if_missing.to_vec(),
        })
    });
    let is_usual = |name: &str| DEFAULT_STEPS.iter().any(|(usual, _)| *usual == name);
    let others = registry.providers().filter(|factory| {
        let name = factory.name.as_str();
        !is_usual(name) && (!factory.online || config.mentions_provider(name))
    });
    let others = others.map(|factory| PlannedStep {
        factory,
        if_missing: Vec::new(),
    });
    let mut steps: Vec<PlannedStep> = usual.chain(others).collect();
    // What is known locally need not be asked online.
    steps.sort_by_cached_key(|PlannedStep { factory, .. }| {
        factory.goes_online(&config.provider_settings(factory.name.as_str()))
    });
    steps
}

fn policy(app: &App<'_>) -> Result<Policy, CliError> {
    let steps = planned(app.config(), app.registry())?;
    policy_of(&steps, app)
}

fn policy_of(steps: &[PlannedStep], app: &App<'_>) -> Result<Policy, CliError> {
    let (config, registry) = (app.config(), app.registry());
    let in_steps =
        |factory: &ProviderFactory| steps.iter().any(|step| step.factory.name == factory.name);
    let others = registry.providers().filter(|factory| !in_steps(factory));
    let sources = steps.iter().map(|step| step.factory).chain(others);
    let sources = sources.map(|factory| {
        let settings = config.provider_settings(factory.name.as_str());
        // Problems with the settings are reported when the provider is built; stored sections can be read nevertheless.
        let fields = factory.fields_with(&settings);
        PolicySource {
            name: factory.name,
            fields: fields.unwrap_or_else(|_| factory.fields.into()),
        }
    });
    let mut policy = Policy::new(sources.collect())
        .geo_country_fills_registry(config.cascade().geo_country_fills_registry);
    for (field, providers) in &config.cascade().prefer {
        let order: Result<Vec<ProviderName>, _> = providers
            .iter()
            .map(|name| registry.provider(name).map(|factory| factory.name))
            .collect();
        policy = policy.prefer(Field::named(field), order?);
    }
    Ok(policy)
}

/// Whether a provider of the cascade is asked if it goes online.
const fn is_wanted(factory: &ProviderFactory, config: &Config) -> bool {
    !factory.online
        || match config.reach() {
            Reach::Nobody => false,
            Reach::Named => config.cascade().steps.is_some(),
            Reach::Usual => true,
        }
}

/// Why an online provider is not asked.
const fn not_asked(reach: Reach) -> &'static str {
    match reach {
        Reach::Nobody => "it goes online, and this run is offline",
        Reach::Named | Reach::Usual => {
            "it goes online: name it in a step of the cascade, or pass --online"
        }
    }
}

/// The policy, with what offline providers know about ASes themselves. One that cannot be used is left out, with a
/// warning: its stored sections still count.
fn informed_policy(app: &App<'_>) -> Result<Policy, CliError> {
    let planned = planned(app.config(), app.registry())?;
    let mut policy = policy_of(&planned, app)?;
    let informs = |step: &&PlannedStep| step.factory.describes_asns;
    for step in planned.iter().filter(informs) {
        let name = step.factory.name;
        match (step.factory.build)(&app.config().provider_settings(name.as_str())) {
            Ok(ProviderSetup::Ready(provider)) => policy = policy.informed_by(asn_source(provider)),
            Ok(ProviderSetup::Unconfigured(_)) => policy = policy.silent(name),
            Err(error) => app
                .output()
                .warning(&format!("what {name} knows is left out: {error}")),
        }
    }
    Ok(policy)
}

fn plan(app: &App<'_>) -> Result<CascadePlan, CliError> {
    let planned = planned(app.config(), app.registry())?;
    let policy = policy_of(&planned, app)?;
    let is_named = app.config().cascade().steps.is_some();
    let mut steps = Vec::new();
    let mut left_out = Vec::new();
    let reach = app.config().reach();
    for PlannedStep {
        factory,
        if_missing,
    } in planned
    {
        let provider = factory.name;
        let mut leave_out = |reason: &str, is_configured| {
            left_out.push(SkippedProvider {
                provider,
                reason: reason.to_owned(),
                is_configured,
            });
        };
        let settings = app.config().provider_settings(provider.as_str());
        let is_wanted = is_wanted(factory, app.config());
        if !is_wanted && !app.config().mentions_provider(provider.as_str()) {
            leave_out(not_asked(reach), false);
            continue;
        }
        let is_expected = reach == Reach::Named;
        match (factory.build)(&settings) {
            Ok(ProviderSetup::Ready(built)) if !is_wanted && built.capabilities().online => {
                leave_out(not_asked(reach), is_expected);
            }
            // Resources that it would need to be asked may be missing here.
            Err(BuildError::Resource(error)) if !is_wanted => {
                leave_out(
                    &format!("{}; {}", not_asked(reach), error.problem()),
                    is_expected,
                );
            }
            Ok(ProviderSetup::Unconfigured(_)) if !is_wanted => leave_out(not_asked(reach), false),
            Ok(ProviderSetup::Ready(built)) => steps.push(Step {
                private: is_private(app.config(), &*built)?,
                provider: built,
                if_missing,
            }),
            Ok(ProviderSetup::Unconfigured(reason)) if is_named => {
                return Err(CliError::usage(format!(
                    "the cascade names the provider `{provider}`, which cannot be used: {reason}"
                ))
                .hint(format!(
                    "`ipcascade providers show {provider}` prints its settings"
                )));
            }
            Ok(ProviderSetup::Unconfigured(reason)) => leave_out(&reason, false),
            Err(error) => return Err(error.into()),
        }
    }
    show_left_out(app, &left_out);
    let policy = informed_by_steps(policy, &steps);
    Ok(CascadePlan {
        cascade: Cascade::new(steps, policy),
        left_out,
    })
}

fn show_left_out(app: &App<'_>, left_out: &[SkippedProvider]) {
    for SkippedProvider {
        provider, reason, ..
    } in left_out
    {
        app.output()
            .detail(&format!("provider {provider} is left out: {reason}"));
    }
}

/// The policy, with what the offline providers of the cascade know about ASes themselves.
fn informed_by_steps(policy: Policy, steps: &[Step]) -> Policy {
    steps
        .iter()
        .filter(|step| !step.goes_online())
        .fold(policy, |policy, step| {
            policy.informed_by(asn_source(Arc::clone(&step.provider)))
        })
}

/// Whether a provider is asked about addresses that are not global; its settings may make it go online.
fn is_private(config: &Config, provider: &dyn Provider) -> Result<bool, SettingsError> {
    let capabilities = provider.capabilities();
    let name = capabilities.name.as_str();
    let is_private = config.is_private(name);
    if is_private && capabilities.online {
        let settings = config.provider_settings(name);
        return Err(settings.refused(PRIVATE, never_online(name)));
    }
    Ok(is_private)
}

fn all(app: &App<'_>) -> Vec<BuiltProvider> {
    let steps = planned(app.config(), app.registry()).unwrap_or_default();
    let step_of = |name| steps.iter().position(|step| step.factory.name == name);
    app.registry()
        .providers()
        .map(|factory| {
            let settings = app.config().provider_settings(factory.name.as_str());
            let status = match (factory.build)(&settings) {
                Ok(ProviderSetup::Ready(provider)) => ProviderStatus::Ready(provider),
                Ok(ProviderSetup::Unconfigured(reason)) => ProviderStatus::Unconfigured(reason),
                Err(error) => ProviderStatus::Wrong(error),
            };
            let online = match &status {
                ProviderStatus::Ready(provider) => provider.capabilities().online,
                ProviderStatus::Unconfigured(_) | ProviderStatus::Wrong(_) => factory.online,
            };
            let step = step_of(factory.name).map(|index| index + 1);
            let is_left_out = online && step.is_some() && !is_wanted(factory, app.config());
            BuiltProvider {
                name: factory.name,
                description: factory.description,
                example: factory.example,
                online,
                step: step.filter(|_| !is_left_out),
                not_asked: is_left_out.then(|| not_asked(app.config().reach())),
                status,
            }
        })
        .collect()
}
