//! Addresses that go through steps one by one, each at its own pace.

use crate::address::Address;
use crate::cascade::condition::FreshnessTable;
use crate::cascade::embedded_ipv4::seen_from_outside;
use crate::cascade::run::Cascade;
use crate::cascade::step::Step;
use crate::cascade::step_results::{answer_of, put};
use crate::cascade::tally::Disposition;
use crate::clock::Timestamp;
use crate::document::Document;
use crate::field::Field;
use crate::lookup::{FailureClass, LookupFailure, Outcome};
use crate::provider_name::ProviderName;
use crate::section::Stamp;
use crate::special_purpose::{EmbeddedIpv4, SpecialPurpose};
use crate::store::Answer;

/// The fields that an inventory keeps for ever: in the history of an address, and in the snapshots of its sessions.
const LASTING: [Field; 2] = [Field::ASN, Field::COUNTRY];

/// The reason why a provider is not asked about an address on which it failed.
const NOT_YET: &str = "it failed a short while ago";

/// An address with steps still to come, and what is known about it so far.
#[derive(Debug)]
pub(crate) struct PendingAddress {
    /// The address.
    pub(crate) address: Address,
    /// Why it is not global, if it is not.
    pub(crate) special: Option<&'static SpecialPurpose>,
    /// What is known about it.
    pub(crate) document: Document,
}

/// What a step does about an address.
#[derive(Debug)]
pub(crate) enum StepDecision {
    /// It asks about this one: the address, or the embedded IPv4 address.
    Ask(Address),
    /// It does not ask.
    Pass(Disposition),
}

/// The result of a question.
#[derive(Debug)]
pub(crate) enum Settled {
    /// The step has its outcome, and an answer to store if there is one.
    Done(Disposition, Option<Answer>),
    /// Nothing is known about the address itself: the step asks about the embedded IPv4 address.
    AskInside(Address),
}

impl Cascade {
    /// Decides what `step` does about `pending`.
    pub(crate) fn decide(
        &self,
        step: &Step,
        pending: &PendingAddress,
        freshnesses: &FreshnessTable,
    ) -> StepDecision {
        let PendingAddress {
            address,
            special,
            document,
        } = pending;
        if !step.sees(*special) {
            return StepDecision::Pass(Disposition::NotGlobal);
        }
        let Some(asked) = step.asks_for(*address) else {
            return StepDecision::Pass(Disposition::OtherFamily);
        };
        if let Some(cell) = self.without_asking_of(step, *address, document, freshnesses) {
            return StepDecision::Pass(cell.disposition());
        }
        let name = step.provider.capabilities().name;
        match freshnesses.waits_after_failure(name, document) {
            Some(until) if step.goes_online() => {
                let class = FailureClass::RateLimited(Some(until));
                StepDecision::Pass(Disposition::Deferred(LookupFailure::new(class, NOT_YET)))
            }
            _ => StepDecision::Ask(asked),
        }
    }

    /// Whether an answer of one of `steps` may still decide the attribution of `pending`: the step will be asked, and
    /// its answer would take precedence over what is known.
    pub(crate) fn is_undecided(
        &self,
        steps: &[Step],
        pending: &PendingAddress,
        freshnesses: &FreshnessTable,
    ) -> bool {
        steps.iter().any(|step| {
            let capabilities = step.provider.capabilities();
            let may_decide = |field: &Field| {
                capabilities.fields.contains(field)
                    && self.would_win(*field, capabilities.name, pending)
            };
            LASTING.iter().any(may_decide)
                && matches!(
                    self.decide(step, pending, freshnesses),
                    StepDecision::Ask(_)
                )
        })
    }

    /// Whether a value of `field` from `provider` would take precedence over what is known.
    fn would_win(&self, field: Field, provider: ProviderName, pending: &PendingAddress) -> bool {
        let policy = self.policy();
        let rank = |name: ProviderName| policy.rank(field, name.as_str());
        match policy.merged(field, pending.address, &pending.document) {
            Some(known) => rank(provider).is_some_and(|own| Some(own) <= rank(known.source)),
            None => true,
        }
    }
}

impl PendingAddress {
    /// Takes the result of asking `step` about `asked`.
    pub(crate) fn settle(
        &mut self,
        step: &Step,
        asked: Address,
        outcome: Outcome,
        stamp: &Stamp,
        now: Timestamp,
    ) -> Settled {
        let inside = EmbeddedIpv4::in_address(self.address);
        let outcome = match (inside, outcome) {
            (Some(inside), outcome) if asked != self.address => seen_from_outside(inside, outcome),
            (Some(inside), Outcome::NotFound) => return Settled::AskInside(inside.host()),
            (_, outcome) => outcome,
        };
        let answer = answer_of(step.provider.capabilities().name, &outcome, stamp, now);
        if let Some(answer) = &answer {
            put(&mut self.document, answer);
        }
        Settled::Done(Disposition::from(&outcome), answer)
    }
}
