//! Running addresses through the steps.

use std::sync::Arc;

use chrono::TimeDelta;
use futures::stream::{self, StreamExt as _};

use super::condition::Freshnesses;
use super::{Disposition, ProviderTally};
use crate::{
    Address, AddressUpdate, Answer, Answers, Document, FailureClass, Families, Field, Freshness,
    LookupFailure, Outcome, Policy, Provider, ProviderName, RecordedFailure, Stamp, Timestamp,
    special_purpose,
};

/// A step: a provider, and the fields of which one must be missing for it to be asked.
#[derive(Clone, Debug)]
pub struct Step {
    /// The provider.
    pub provider: Arc<dyn Provider>,
    /// Ask only if one of these is missing; empty: always ask.
    pub if_missing: Vec<Field>,
}

/// Which sections are looked up again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renew {
    /// Those that are stale by their provider's own time to live and data version.
    #[default]
    Stale,
    /// Those, and all that are older than this.
    OlderThan(TimeDelta),
    /// All.
    Everything,
}

/// The steps in order, with the policy that merges what they say.
#[derive(Clone, Debug)]
pub struct Cascade {
    steps: Vec<Step>,
    policy: Policy,
}

/// An address to run through the cascade, with what is known of it.
#[derive(Clone, Debug)]
pub struct Question {
    /// The address.
    pub address: Address,
    /// What is stored of it; empty if nothing.
    pub known: Document,
}

/// What the cascade made of a question.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// What is new: answers, and why the address is special if it is. Without sightings.
    pub update: AddressUpdate,
    /// What is known now.
    pub document: Document,
    /// What each step did, in order; empty for special addresses, which no step sees.
    pub trace: Vec<Disposition>,
}

impl Resolution {
    /// Whether nothing had to be asked.
    pub fn was_fresh(&self) -> bool {
        self.update.answers.is_empty()
            && self.trace.iter().all(|step| {
                matches!(
                    step,
                    Disposition::Fresh | Disposition::NotNeeded | Disposition::OtherFamily
                )
            })
    }
}

impl Cascade {
    /// A cascade of `steps`, merged by `policy`.
    pub const fn new(steps: Vec<Step>, policy: Policy) -> Self {
        Self { steps, policy }
    }

    /// The steps in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The policy.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// An empty tally for each step.
    pub fn tallies(&self) -> Vec<ProviderTally> {
        self.steps
            .iter()
            .map(|step| ProviderTally::new(step.provider.capabilities().name))
            .collect()
    }

    /// How long the sections of `step` last, with the data that its provider has now.
    pub fn freshness(step: &Step) -> Freshness {
        let capabilities = step.provider.capabilities();
        Freshness {
            ttl: capabilities.ttl,
            not_found_ttl: capabilities.not_found_ttl,
            version: step.provider.data_version(),
        }
    }

    /// How long the sections of `step` last when they are renewed as `renew` says.
    pub fn freshness_to(step: &Step, renew: Renew) -> Freshness {
        match renew {
            Renew::OlderThan(age) => Self::freshness(step).no_older_than(age),
            Renew::Stale | Renew::Everything => Self::freshness(step),
        }
    }

    /// Runs `questions`, each about another address, through every step. The result is in the order
    /// of the questions. A provider that fails costs its own answers only.
    pub async fn resolve(
        &self,
        questions: Vec<Question>,
        now: Timestamp,
        renew: Renew,
    ) -> Vec<Resolution> {
        let mut resolutions: Vec<Resolution> = questions
            .into_iter()
            .map(|question| {
                let mut update = AddressUpdate::new(question.address);
                update.special_purpose = special_purpose(question.address);
                let mut document = question.known;
                if let Some(purpose) = update.special_purpose {
                    document.mark_special(purpose);
                }
                Resolution {
                    update,
                    document,
                    trace: Vec::new(),
                }
            })
            .collect();
        let freshnesses = Freshnesses {
            of: self
                .steps
                .iter()
                .map(|step| {
                    (
                        step.provider.capabilities().name,
                        Self::freshness_to(step, renew),
                    )
                })
                .collect(),
            now,
        };
        for step in &self.steps {
            self.run_step(step, &mut resolutions, &freshnesses, renew)
                .await;
        }
        resolutions
    }

    async fn run_step(
        &self,
        step: &Step,
        resolutions: &mut [Resolution],
        freshnesses: &Freshnesses,
        renew: Renew,
    ) {
        let mut wanted: Vec<usize> = Vec::new();
        for (index, resolution) in resolutions.iter_mut().enumerate() {
            if resolution.update.special_purpose.is_some() {
                continue;
            }
            match self.without_asking(step, resolution, freshnesses, renew) {
                Some(disposition) => resolution.trace.push(disposition),
                None => wanted.push(index),
            }
        }
        let capabilities = step.provider.capabilities();
        let batch_size = capabilities.batch_size.max(1);
        let batches: Vec<Vec<Address>> = wanted
            .chunks(batch_size)
            .map(|indices| {
                indices
                    .iter()
                    .map(|&i| resolutions[i].update.address)
                    .collect()
            })
            .collect();
        let answers: Vec<Answers> = stream::iter(batches)
            .map(|batch| ask(Arc::clone(&step.provider), batch))
            .buffered(capabilities.concurrency.max(1))
            .collect()
            .await;
        for (indices, answers) in wanted.chunks(batch_size).zip(&answers) {
            let stamp = Stamp::new(answers.version.as_ref(), freshnesses.now);
            for (&index, outcome) in indices.iter().zip(&answers.outcomes) {
                let resolution = &mut resolutions[index];
                take(
                    resolution,
                    capabilities.name,
                    outcome,
                    &stamp,
                    freshnesses.now,
                );
            }
        }
    }

    /// What the step does without asking its provider, or `None` if it has to ask.
    fn without_asking(
        &self,
        step: &Step,
        resolution: &Resolution,
        freshnesses: &Freshnesses,
        renew: Renew,
    ) -> Option<Disposition> {
        let capabilities = step.provider.capabilities();
        let (address, document) = (resolution.update.address, &resolution.document);
        if capabilities.families == Families::Ipv4 && !address.is_ipv4() {
            return Some(Disposition::OtherFamily);
        }
        let concerns = document
            .section(capabilities.name.as_str())
            .is_some_and(|s| s.concerns(address));
        if renew != Renew::Everything
            && concerns
            && freshnesses.is_fresh(capabilities.name, document)
        {
            return Some(Disposition::Fresh);
        }
        let is_missing = |field: &Field| {
            freshnesses.is_missing(*field, capabilities.name, &self.policy, address, document)
        };
        let is_needed = step.if_missing.is_empty() || step.if_missing.iter().any(is_missing);
        (!is_needed).then_some(Disposition::NotNeeded)
    }
}

/// Asks for one batch; a provider that does not answer each address has failed on all of them.
async fn ask(provider: Arc<dyn Provider>, batch: Vec<Address>) -> Answers {
    let answers = provider.look_up(&batch).await;
    if answers.outcomes.len() == batch.len() {
        return answers;
    }
    let name = provider.capabilities().name;
    let (given, asked) = (answers.outcomes.len(), batch.len());
    let message = format!("the provider `{name}` gave {given} answers to {asked} addresses");
    Answers::all_failed(asked, &LookupFailure::new(FailureClass::Permanent, message))
}

fn take(
    resolution: &mut Resolution,
    provider: ProviderName,
    outcome: &Outcome,
    stamp: &Stamp,
    now: Timestamp,
) {
    resolution.trace.push(outcome.into());
    let result = match outcome {
        Outcome::Failed(failure) => Err(recorded(failure, now)),
        Outcome::Deferred(_) => return,
        Outcome::Found(_) | Outcome::NotFound => {
            let Some(section) = outcome.to_section(stamp) else {
                return;
            };
            Ok(section)
        }
    };
    match &result {
        Ok(section) => {
            resolution.document.put(provider.as_str(), section);
        }
        Err(failure) => resolution.document.note_failure(provider.as_str(), failure),
    }
    resolution.update.answers.push(Answer { provider, result });
}

/// A failure as it is noted, with the time from which `refresh` tries again.
fn recorded(failure: &LookupFailure, now: Timestamp) -> RecordedFailure {
    RecordedFailure {
        failed_at: now,
        retry_at: failure.class.retry_at(now),
        error: Arc::clone(&failure.message),
    }
}
