//! Runs addresses through the steps.

use std::borrow::Cow;
use std::sync::Arc;

use futures::future::FutureExt as _;
use futures::stream::{self, StreamExt as _};

use crate::address::Address;
use crate::cascade::condition::FreshnessTable;
use crate::cascade::embedded_ipv4::seen_from_outside;
use crate::cascade::question::Question;
use crate::cascade::step::{Renew, Step, can_be_asked};
use crate::cascade::step_results::{Resolved, StepResult, StepResults};
use crate::cascade::tally::ProviderTally;
use crate::clock::Timestamp;
use crate::document::Document;
use crate::field::Field;
use crate::guard;
use crate::lookup::{Answers, LookupFailure, Outcome};
use crate::policy::Policy;
use crate::provider::Provider;
use crate::section::Stamp;
use crate::special_purpose::EmbeddedIpv4;

/// The steps in order, with the policy that merges their answers.
#[derive(Clone, Debug)]
pub struct Cascade {
    steps: Vec<Step>,
    policy: Policy,
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

    /// Whether looking an address up may send packets.
    pub fn goes_online(&self) -> bool {
        self.steps.iter().any(Step::goes_online)
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
    /// Runs `questions` through every step. The result is in the order of the questions; an address that occurs in
    /// several is looked up, and counted, for each. A provider that fails loses only its own answers.
    pub async fn resolve(
        &self,
        questions: Vec<Question>,
        now: Timestamp,
        renew: Renew,
    ) -> Resolved {
        let freshnesses = FreshnessTable::new(&self.steps, now, renew);
        self.resolve_by(self.steps.len(), questions, &freshnesses)
            .await
    }

    /// Runs `questions` through the first `steps` steps.
    pub(crate) async fn resolve_by(
        &self,
        steps: usize,
        questions: Vec<Question>,
        freshnesses: &FreshnessTable,
    ) -> Resolved {
        let mut resolved = Resolved::new(questions, freshnesses.now);
        for step in self.steps.iter().take(steps) {
            let column = self.run_step(step, &resolved, freshnesses).await;
            resolved.add(column);
        }
        resolved
    }

    /// How long sections stay fresh as of `now`, for a run that leaves failed look-ups until their retry time.
    pub(crate) fn freshnesses(&self, now: Timestamp, renew: Renew) -> FreshnessTable {
        FreshnessTable::new(&self.steps, now, renew).heeding_failures()
    }

    /// The number of steps before the first one whose answers may take long.
    pub(crate) fn fast_steps(&self) -> usize {
        let is_slow = |step: &Step| step.provider.capabilities().slow;
        let slow = self.steps.iter().position(is_slow);
        slow.unwrap_or(self.steps.len())
    }

    async fn run_step(
        &self,
        step: &Step,
        resolved: &Resolved,
        freshnesses: &FreshnessTable,
    ) -> StepResults {
        let mut column = StepResults::new(step.provider.capabilities().name, resolved.len());
        let mut wanted: Vec<usize> = Vec::with_capacity(resolved.len());
        let mut inside: Vec<(usize, EmbeddedIpv4)> = Vec::new();
        for index in 0..resolved.len() {
            if !step.sees(resolved.special_purpose(index)) {
                continue;
            }
            if let Some(cell) = self.without_asking(step, resolved, index, freshnesses) {
                column.set(index, cell);
                continue;
            }
            let address = resolved.address(index);
            inside.extend(EmbeddedIpv4::in_address(address).map(|inside| (index, inside)));
            if can_be_asked(step, address) {
                wanted.push(index);
            }
        }
        let now = freshnesses.now;
        let whole = wanted.iter().map(|&row| (row, resolved.address(row)));
        ask_for(step, &mut column, whole, now, |_, outcome| outcome).await;
        // What is known about the IPv6 address itself takes precedence over what is known about the embedded one.
        inside.retain(|(row, _)| !column.has_answer(*row));
        let hosts = inside.iter().map(|(row, inside)| (*row, inside.host()));
        let outcome_of = |place: usize, outcome| match inside.get(place) {
            Some((_, inside)) => seen_from_outside(*inside, outcome),
            None => outcome,
        };
        ask_for(step, &mut column, hosts, now, outcome_of).await;
        column
    }

    /// Returns what the step does without asking its provider, or `None` if it has to ask.
    fn without_asking(
        &self,
        step: &Step,
        resolved: &Resolved,
        index: usize,
        freshnesses: &FreshnessTable,
    ) -> Option<StepResult> {
        let address = resolved.address(index);
        if step.asks_for(address).is_none() {
            return Some(StepResult::OtherFamily);
        }
        let known = resolved.known(index);
        let asked_before = resolved.has_asked(step.provider.capabilities().name);
        let decides_alone = step.if_missing.is_empty() && !asked_before;
        if decides_alone && known.is_empty() {
            return None;
        }
        let document = match decides_alone {
            true => Cow::Borrowed(known),
            false => resolved.document(index),
        };
        self.without_asking_of(step, address, &document, freshnesses)
    }

    /// Returns what the step does about `address`, whose document is `document`, without asking its provider, which can
    /// be asked.
    pub(super) fn without_asking_of(
        &self,
        step: &Step,
        address: Address,
        document: &Document,
        freshnesses: &FreshnessTable,
    ) -> Option<StepResult> {
        let name = step.provider.capabilities().name;
        let concerns = document
            .section(name.as_str())
            .is_some_and(|s| s.concerns(address));
        if freshnesses.renew != Renew::Everything
            && concerns
            && freshnesses.is_fresh(name, document)
        {
            return Some(match freshnesses.is_of_newer(name, document) {
                true => StepResult::Newer,
                false => StepResult::Fresh,
            });
        }
        let is_missing =
            |field: &Field| freshnesses.is_missing(*field, name, &self.policy, address, document);
        let is_needed = step.if_missing.is_empty() || step.if_missing.iter().any(is_missing);
        (!is_needed).then_some(StepResult::NotNeeded)
    }
}

/// Asks about the address of each row and puts into the column what `outcome_of` returns for the answer and its index
/// among the rows.
async fn ask_for(
    step: &Step,
    column: &mut StepResults,
    rows: impl ExactSizeIterator<Item = (usize, Address)>,
    now: Timestamp,
    outcome_of: impl Fn(usize, Outcome) -> Outcome,
) {
    let capabilities = step.provider.capabilities();
    let (rows, addresses): (Vec<usize>, Vec<Address>) = rows.unzip();
    let provider = Arc::clone(&step.provider);
    let mut first = 0;
    let batches = std::iter::from_fn(move || {
        let mut rest = addresses.get(first..)?.chunks(provider.batch_size().max(1));
        let batch = rest.next()?.to_vec();
        first += batch.len();
        Some((first - batch.len(), batch))
    });
    // In any order: a slow answer does not delay the others.
    let mut asked = stream::iter(batches)
        .map(|(first, batch)| {
            let answers = ask(Arc::clone(&step.provider), batch);
            answers.map(move |answers| (first, answers))
        })
        .buffer_unordered(capabilities.concurrency.max(1));
    while let Some((first, answers)) = asked.next().await {
        let stamp = column.add_stamp(Stamp::new(answers.version.as_ref(), now));
        let places = rows.iter().enumerate().skip(first);
        for (outcome, (place, &row)) in answers.outcomes.into_iter().zip(places) {
            column.set(row, StepResult::Asked(outcome_of(place, outcome), stamp));
        }
    }
}

/// Asks a provider that panicked once more, for each address separately: only addresses on which it panics fail.
async fn ask_one_by_one(provider: &dyn Provider, batch: &[Address]) -> Answers {
    let mut all = Answers::unversioned(Vec::with_capacity(batch.len()));
    for address in batch.chunks(1) {
        let answers = guard::look_up(provider, address).await;
        let answers = answers.unwrap_or_else(|failure| Answers::all_failed(1, &failure));
        all.version = answers.version.or(all.version);
        let unanswered = || Outcome::Failed(LookupFailure::transient("no answer"));
        let outcome = answers.outcomes.into_iter().next();
        all.outcomes.push(outcome.unwrap_or_else(unanswered));
    }
    all
}

/// Asks about one batch; a provider that does not answer for each address has failed on all of them.
pub(crate) async fn ask(provider: Arc<dyn Provider>, batch: Vec<Address>) -> Answers {
    let answers = match guard::look_up(&*provider, &batch).await {
        Ok(answers) => answers,
        Err(failure) if batch.len() == 1 => return Answers::all_failed(1, &failure),
        Err(_) => return ask_one_by_one(&*provider, &batch).await,
    };
    answers.one_for_each(batch.len(), provider.capabilities().name)
}
