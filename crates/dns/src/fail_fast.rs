//! Asks many questions at once, and stops asking when nothing answers.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures::stream::{self, StreamExt as _};
use ipcascade_core::lookup::LookupFailure;

/// Asks `questions`, `concurrency` at a time, none of which waits for a slow answer to another; returns the answers in
/// the order of the questions. As long as nothing but failures has come back, no more than the first few are asked.
pub async fn ask_all<Q, T, Asked>(
    questions: impl IntoIterator<Item = Q>,
    concurrency: usize,
    ask: impl Fn(Q) -> Asked,
) -> Vec<Result<T, LookupFailure>>
where
    Asked: Future<Output = Result<T, LookupFailure>>,
{
    let (failures, has_answered) = (&AtomicUsize::new(0), &AtomicBool::new(false));
    let is_hopeless =
        || failures.load(Ordering::Relaxed) >= concurrency && !has_answered.load(Ordering::Relaxed);
    let ask = |(place, question)| {
        let asked = (!is_hopeless()).then(|| ask(question));
        async move {
            let Some(asked) = asked else {
                let message =
                    format!("DNS was not asked: it failed on all {concurrency} questions before");
                return (place, Err(LookupFailure::transient(message)));
            };
            let answer = asked.await;
            match &answer {
                Ok(_) => has_answered.store(true, Ordering::Relaxed),
                Err(_) => {
                    failures.fetch_add(1, Ordering::Relaxed);
                }
            }
            (place, answer)
        }
    };
    let questions = stream::iter(questions).enumerate();
    let answers = questions.map(ask).buffer_unordered(concurrency);
    let mut answers: Vec<_> = answers.collect().await;
    answers.sort_unstable_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}
