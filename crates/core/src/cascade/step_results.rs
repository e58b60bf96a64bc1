//! The results of the cascade for some questions, step by step.

use std::borrow::Cow;
use std::sync::Arc;

use crate::address::Address;
use crate::cascade::question::Question;
use crate::cascade::tally::Disposition;
use crate::clock::Timestamp;
use crate::document::{Document, RecordedFailure};
use crate::lookup::{Finding, LookupFailure, Outcome};
use crate::provider_name::ProviderName;
use crate::section::Stamp;
use crate::special_purpose::SpecialPurpose;
use crate::special_purpose::special_purpose;
use crate::store::{AddressUpdate, Answer};

/// The results of the cascade for some questions: a column for each step, and a row for each question.
///
/// Documents are only assembled on request. What providers [found](StepResults::finding) is shared by identity, and so
/// is everything derived from it; [`Resolved::resolutions`] assembles each row.
#[derive(Debug)]
pub struct Resolved {
    questions: Vec<Question>,
    special: Vec<Option<&'static SpecialPurpose>>,
    columns: Vec<StepResults>,
    now: Timestamp,
}

/// The result of the cascade for a question.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// What is new: answers, and why the address is special if it is. Without sightings.
    pub update: AddressUpdate,
    /// What is known now.
    pub document: Document,
    /// What each step did, in order.
    pub trace: Vec<Disposition>,
}

impl Resolved {
    pub(super) fn new(questions: Vec<Question>, now: Timestamp) -> Self {
        let special = questions.iter().map(|q| special_purpose(q.address));
        Self {
            special: special.collect(),
            questions,
            columns: Vec::new(),
            now,
        }
    }

    pub(super) fn add(&mut self, column: StepResults) {
        self.columns.push(column);
    }

    /// The number of questions.
    pub const fn len(&self) -> usize {
        self.questions.len()
    }

    /// Whether there was no question.
    pub const fn is_empty(&self) -> bool {
        self.questions.is_empty()
    }

    /// The address of a row.
    pub fn address(&self, row: usize) -> Address {
        self.questions[row].address
    }

    /// Why the address of a row is not global, if it is not; then only steps for private addresses have seen it.
    pub fn special_purpose(&self, row: usize) -> Option<&'static SpecialPurpose> {
        self.special[row]
    }

    /// What was known about the address of a row before.
    pub fn known(&self, row: usize) -> &Document {
        &self.questions[row].known
    }

    /// What the steps did, in order.
    pub fn columns(&self) -> &[StepResults] {
        &self.columns
    }

    pub(super) fn has_asked(&self, provider: ProviderName) -> bool {
        self.columns
            .iter()
            .any(|column| column.provider == provider)
    }

    /// Whether nothing had to be asked for a row.
    pub fn was_fresh(&self, row: usize) -> bool {
        let mut cells = self.columns.iter().map(|column| &column.cells[row]);
        cells.all(|cell| {
            matches!(
                cell,
                StepResult::Fresh
                    | StepResult::Newer
                    | StepResult::NotNeeded
                    | StepResult::OtherFamily
            )
        })
    }

    /// What is known about the address of a row now.
    pub fn document(&self, row: usize) -> Cow<'_, Document> {
        let mut document = Cow::Borrowed(self.known(row));
        if let Some(purpose) = self.special[row] {
            document.to_mut().mark_special(purpose);
        }
        for answer in self.answers(row) {
            put(document.to_mut(), &answer);
        }
        document
    }

    /// The providers' answers for a row, in the order in which they were asked.
    pub fn answers(&self, row: usize) -> Vec<Answer> {
        let columns = self.columns.iter();
        columns
            .filter_map(|column| column.answer(row, self.now))
            .collect()
    }

    /// Assembles each row, in order.
    pub fn resolutions(self) -> impl Iterator<Item = Resolution> {
        (0..self.len()).map(move |row| {
            let columns = self.columns.iter();
            Resolution {
                update: AddressUpdate {
                    answers: self.answers(row),
                    special_purpose: self.special_purpose(row),
                    ..AddressUpdate::new(self.address(row))
                },
                document: self.document(row).into_owned(),
                trace: columns.map(|column| column.disposition(row)).collect(),
            }
        })
    }
}

pub(super) fn put(document: &mut Document, answer: &Answer) {
    let provider = answer.provider.as_str();
    match &answer.result {
        Ok(section) => {
            document.put(provider, section);
        }
        Err(failure) => document.note_failure(provider, failure),
    }
}

/// What a step did for each question.
#[derive(Debug)]
pub struct StepResults {
    provider: ProviderName,
    /// The stamps of the batches asked.
    stamps: Vec<Stamp>,
    cells: Vec<StepResult>,
}

/// What a step did for one question.
#[derive(Clone, Debug)]
pub(super) enum StepResult {
    /// It does not see the address, which is not global.
    NotGlobal,
    Fresh,
    /// Fresh, from newer data than its provider has.
    Newer,
    NotNeeded,
    OtherFamily,
    /// Its provider was asked, in the batch with this stamp.
    Asked(Outcome, usize),
}

impl StepResult {
    pub(super) fn disposition(&self) -> Disposition {
        match self {
            Self::NotGlobal => Disposition::NotGlobal,
            Self::Fresh => Disposition::Fresh,
            Self::Newer => Disposition::Newer,
            Self::NotNeeded => Disposition::NotNeeded,
            Self::OtherFamily => Disposition::OtherFamily,
            Self::Asked(outcome, _) => outcome.into(),
        }
    }
}

impl StepResults {
    pub(super) fn new(provider: ProviderName, rows: usize) -> Self {
        Self {
            provider,
            stamps: Vec::new(),
            cells: vec![StepResult::NotGlobal; rows],
        }
    }

    pub(super) fn add_stamp(&mut self, stamp: Stamp) -> usize {
        self.stamps.push(stamp);
        self.stamps.len() - 1
    }

    pub(super) fn set(&mut self, row: usize, cell: StepResult) {
        self.cells[row] = cell;
    }

    /// Whether the provider was asked about a row and did not answer "not found".
    pub(super) fn has_answer(&self, row: usize) -> bool {
        matches!(&self.cells[row], StepResult::Asked(outcome, _) if !matches!(outcome, Outcome::NotFound))
    }

    /// The provider of the step.
    pub const fn provider(&self) -> ProviderName {
        self.provider
    }

    /// What the provider was asked about a row and found.
    pub fn finding(&self, row: usize) -> Option<&Finding> {
        match &self.cells[row] {
            StepResult::Asked(Outcome::Found(finding), _) => Some(finding),
            _ => None,
        }
    }

    /// What the step did for a row.
    pub fn disposition(&self, row: usize) -> Disposition {
        self.cells[row].disposition()
    }

    /// The provider's answer for a row, as it is stored.
    fn answer(&self, row: usize, now: Timestamp) -> Option<Answer> {
        let StepResult::Asked(outcome, stamp) = &self.cells[row] else {
            return None;
        };
        answer_of(self.provider, outcome, &self.stamps[*stamp], now)
    }
}

/// The answer of `provider`, as it is stored.
pub(super) fn answer_of(
    provider: ProviderName,
    outcome: &Outcome,
    stamp: &Stamp,
    now: Timestamp,
) -> Option<Answer> {
    let result = match outcome {
        Outcome::Failed(failure) => Err(recorded(failure, now)),
        _ => Ok(outcome.to_section(stamp)?),
    };
    Some(Answer { provider, result })
}

/// A failure as it is recorded, with the time from which `refresh` tries again.
fn recorded(failure: &LookupFailure, now: Timestamp) -> RecordedFailure {
    RecordedFailure {
        failed_at: now,
        retry_at: failure.class.retry_at(now),
        error: Arc::clone(&failure.message),
    }
}
