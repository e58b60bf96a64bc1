//! `--explain`: each step, what each source said, and why a value won.

use ipcascade_core::cascade::Cascade;
use ipcascade_core::cascade::{Disposition, Resolution};
use ipcascade_core::clock::rfc3339;
use ipcascade_core::field::Field;
use ipcascade_core::freshness::Freshness;
use ipcascade_core::policy::Policy;
use serde_json::{Value, json};

use crate::app::{App, CascadePlan};
use crate::output::csv_cell;
use crate::output::words::{ago, timestamp};
use crate::report::CliError;

/// What went wrong, provider by provider, and whether that is a failure.
pub(super) fn troubles(plan: &CascadePlan, resolution: &Resolution) -> Vec<(bool, String)> {
    let steps = plan.cascade.steps().iter().zip(&resolution.trace);
    steps
        .filter_map(|(step, disposition)| {
            let name = step.provider.capabilities().name;
            let text = match disposition {
                Disposition::Failed(failure) => format!("{name}: {failure}"),
                Disposition::Deferred(failure) => match failure.class.until() {
                    Some(until) => {
                        format!("{name}: not asked until {}: {failure}", timestamp(until))
                    }
                    None => format!("{name}: {failure}"),
                },
                _ => return None,
            };
            Some((disposition.is_failure(), text))
        })
        .collect()
}

/// What a step did, in words.
fn report(app: &App<'_>, plan: &CascadePlan, index: usize, resolution: &Resolution) -> String {
    let step = &plan.cascade.steps()[index];
    let provider = step.provider.capabilities().name;
    let section = resolution.document.section(provider.as_str());
    match resolution.trace.get(index) {
        None | Some(Disposition::NotGlobal) => {
            let why = "not asked: the address is a bogon";
            match step.goes_online() {
                true => why.to_owned(),
                false => {
                    format!("{why} (`private = true` in [providers.{provider}] asks all the same)")
                }
            }
        }
        Some(state @ (Disposition::Fresh | Disposition::Newer)) => {
            let age = section
                .and_then(|s| s.cached_at())
                .map(|at| ago(at, app.now()));
            let until = section.map_or_else(String::new, |section| {
                match step.freshness().expires_at(section) {
                    Some(until) => format!(", fresh until {}", timestamp(until)),
                    None if matches!(state, Disposition::Newer) => String::new(),
                    None => ", fresh until its data changes".to_owned(),
                }
            });
            let found = if section.is_some_and(|s| s.is_found()) {
                ""
            } else {
                ": not found"
            };
            let newer = match state {
                Disposition::Newer => ", from newer data than is here",
                _ => "",
            };
            format!(
                "not asked: looked up {}{found}{newer}{until}",
                age.unwrap_or_default()
            )
        }
        Some(Disposition::NotNeeded) => "not asked: nothing is missing".to_owned(),
        Some(Disposition::OtherFamily) => "not asked: it has IPv4 addresses only".to_owned(),
        Some(Disposition::Found) => "asked: found".to_owned(),
        Some(Disposition::NotFound) => "asked: not found".to_owned(),
        Some(Disposition::Failed(failure)) => {
            match resolution.document.failure(provider.as_str()) {
                Some(noted) => {
                    format!(
                        "asked: failed: {failure}; to be retried from {}",
                        timestamp(noted.retry_at)
                    )
                }
                None => format!("asked: failed: {failure}"),
            }
        }
        Some(Disposition::Deferred(failure)) => format!("not asked: {failure}"),
    }
}

/// Writes the whole explanation.
pub(super) fn write(
    app: &App<'_>,
    plan: &CascadePlan,
    resolution: &Resolution,
) -> Result<(), CliError> {
    write_steps(app, plan, resolution)?;
    write_values(app, plan.cascade.policy(), resolution)?;
    write_ignored(app, plan.cascade.policy(), resolution)
}

/// Writes what each step did, and why the other providers are left out.
fn write_steps(app: &App<'_>, plan: &CascadePlan, resolution: &Resolution) -> Result<(), CliError> {
    let output = app.output();
    output.line("  steps")?;
    for (index, step) in plan.cascade.steps().iter().enumerate() {
        let name = step.provider.capabilities().name;
        let (when, what) = (
            condition(&plan.cascade, index),
            report(app, plan, index, resolution),
        );
        output.line(&format!("    {}. {name} ({when}): {what}", index + 1))?;
    }
    for left in &plan.left_out {
        output.line(&format!(
            "    -  {}: left out: {}",
            left.provider, left.reason
        ))?;
    }
    Ok(())
}

/// Writes each value of the merged view, and what the other sources say.
fn write_values(app: &App<'_>, policy: &Policy, resolution: &Resolution) -> Result<(), CliError> {
    let output = app.output();
    let address = resolution.update.address;
    output.line("  values")?;
    for (field, won) in policy.merged_view(address, &resolution.document) {
        let said = policy.statements(field, address, &resolution.document);
        let order: Vec<&str> = policy
            .candidates(field)
            .map(|(name, _)| name.as_str())
            .collect();
        let mut line = format!(
            "    {}: {} from {}",
            field.name(),
            csv_cell(&won.value),
            won.source
        );
        line.push_str(&match said.len() {
            1 => ", the only source that says so".to_owned(),
            _ => format!(", first of {}", order.join(", ")),
        });
        for other in said.iter().skip(1) {
            let agrees = field != Field::ASN && other.value == won.value
                || field == Field::ASN && same_asn(&other.value, &won.value);
            let verb = if agrees { "agrees" } else { "says" };
            let value = if agrees {
                String::new()
            } else {
                format!(" {}", csv_cell(&other.value))
            };
            line.push_str(&format!("; {} {verb}{value}", other.source));
        }
        output.line(&line)?;
    }
    Ok(())
}

/// Writes which sections are ignored.
fn write_ignored(app: &App<'_>, policy: &Policy, resolution: &Resolution) -> Result<(), CliError> {
    let address = resolution.update.address;
    for source in policy.sources() {
        let Some(section) = resolution.document.section(source.name.as_str()) else {
            continue;
        };
        if !section.concerns(address) {
            let prefix = section
                .prefix()
                .map(|prefix| prefix.to_string())
                .unwrap_or_default();
            app.output().line(&format!(
                "    {}: ignored, it is about {prefix}, which does not contain the address",
                source.name
            ))?;
        }
    }
    Ok(())
}

fn same_asn(one: &Value, other: &Value) -> bool {
    ipcascade_core::asn::Asn::from_json(one) == ipcascade_core::asn::Asn::from_json(other)
}

/// What each step did, for programs.
pub(super) fn steps(app: &App<'_>, plan: &CascadePlan, resolution: &Resolution) -> Value {
    let steps = plan
        .cascade
        .steps()
        .iter()
        .enumerate()
        .map(|(index, step)| {
            let name = step.provider.capabilities().name;
            let fresh_until = resolution
                .document
                .section(name.as_str())
                .and_then(|section| Freshness::expires_at(&step.freshness(), section));
            let result = match resolution.trace.get(index) {
                None | Some(Disposition::NotGlobal) => "not_global",
                Some(Disposition::Fresh | Disposition::Newer) => "fresh",
                Some(Disposition::NotNeeded) => "not_needed",
                Some(Disposition::OtherFamily) => "other_family",
                Some(Disposition::Found) => "found",
                Some(Disposition::NotFound) => "not_found",
                Some(Disposition::Failed(_)) => "failed",
                Some(Disposition::Deferred(_)) => "deferred",
            };
            json!({
                "provider": name,
                "condition": condition(&plan.cascade, index),
                "result": result,
                "explanation": report(app, plan, index, resolution),
                "fresh_until": fresh_until.map(rfc3339),
            })
        });
    let left_out = plan.left_out.iter().map(
        |left| json!({"provider": left.provider, "result": "left_out", "explanation": left.reason}),
    );
    steps.chain(left_out).collect()
}

/// The step's condition, in words.
fn condition(cascade: &Cascade, index: usize) -> String {
    let fields = &cascade.steps()[index].if_missing;
    if fields.is_empty() {
        return "always".to_owned();
    }
    let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
    format!("if {} is missing", names.join(" or "))
}
