//! The answers of providers.

use ipnet::IpNet;

use crate::data_version::DataVersion;
use crate::fields::Fields;
use crate::lookup::failure::{FailureClass, LookupFailure};
use crate::provider_name::ProviderName;
use crate::section::{Section, Stamp};

/// What a provider's data has for an address.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The section's fields, under the provider's own names; addresses that share a record have clones of one another.
    pub fields: Fields,
    /// The most specific prefix that the fields are valid for.
    pub prefix: Option<IpNet>,
}

/// The answer for one address.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The provider knows the address.
    Found(Finding),
    /// The provider was asked and knows nothing: an answer, not a failure.
    NotFound,
    /// The provider was asked and there is no answer.
    Failed(LookupFailure),
    /// The provider was not asked, or did not answer, because it cannot be asked now (its quota is spent, its circuit
    /// is open, the run found it unusable). Only the core's own layers return this; nothing is recorded in the
    /// address's document, and a later run asks.
    Deferred(LookupFailure),
}

/// The answers to a batch.
#[derive(Clone, Debug)]
pub struct Answers {
    /// One outcome for each address, in the order of the question.
    pub outcomes: Vec<Outcome>,
    /// The version of the data that all of them were made from, for providers that have one.
    pub version: Option<DataVersion>,
}

impl Answers {
    /// Answers from data without a version.
    pub const fn unversioned(outcomes: Vec<Outcome>) -> Self {
        Self {
            outcomes,
            version: None,
        }
    }

    /// The same failure for each of `count` addresses.
    pub fn all_failed(count: usize, failure: &LookupFailure) -> Self {
        Self::unversioned(vec![Outcome::Failed(failure.clone()); count])
    }

    /// Returns the answers of `provider` if there is one for each of `asked` addresses; otherwise none can be told apart,
    /// and it has failed on all.
    pub(crate) fn one_for_each(self, asked: usize, provider: ProviderName) -> Self {
        let answered = self.outcomes.len();
        if answered == asked {
            return self;
        }
        let message =
            format!("the provider `{provider}` returned {answered} answers for {asked} addresses");
        Self::all_failed(asked, &LookupFailure::new(FailureClass::Permanent, message))
    }
}

impl Outcome {
    /// The answer that the provider has `fields` for the address, without a prefix.
    pub fn found(fields: impl Into<Fields>) -> Self {
        Self::Found(Finding {
            fields: fields.into(),
            prefix: None,
        })
    }

    /// Whether the provider has answered, including "not found".
    pub const fn is_answer(&self) -> bool {
        matches!(self, Self::Found(_) | Self::NotFound)
    }

    /// The outcome as a section to store, with the stamp of its batch; `None` if there is no answer.
    pub fn to_section(&self, stamp: &Stamp) -> Option<Section> {
        match self {
            Self::Found(finding) => Some(Section::stamped(&finding.fields, finding.prefix, stamp)),
            Self::NotFound => Some(Section::stamped_not_found(stamp)),
            Self::Failed(_) | Self::Deferred(_) => None,
        }
    }
}
