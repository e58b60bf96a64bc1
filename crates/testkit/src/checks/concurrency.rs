//! Look-ups side by side, and cancelled ones.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use tokio::task::JoinSet;

use crate::Subject;
use crate::checks::answers::{check_answers, check_batch};

/// Concurrent questions about the same addresses in different orders get their own answers.
pub async fn concurrency(subject: &Subject) {
    let provider = subject.build();
    let mut batch = subject.addresses();
    let mut questions = JoinSet::new();
    for _ in 0..2 * batch.len() {
        batch.rotate_left(1);
        let (provider, batch) = (Arc::clone(&provider), batch.clone());
        questions.spawn(async move { (provider.look_up(&batch).await, batch) });
    }
    for (answers, batch) in questions.join_all().await {
        check_answers(subject, &batch, &answers);
    }
}

/// A question that is dropped half-way, at any point, does not affect concurrent or later ones.
pub async fn cancellation(subject: &Subject) {
    let batch = subject.addresses();
    let mut dropped = 0;
    for polls in 1..=8_u32 {
        let provider = subject.build();
        let mut question = provider.look_up(&batch);
        let mut beside = provider.look_up(&batch);
        let mut answered = None;
        let mut left = polls;
        poll_fn(|context| {
            left -= 1;
            let is_done = question.as_mut().poll(context).is_ready();
            if answered.is_none()
                && let Poll::Ready(answers) = beside.as_mut().poll(context)
            {
                answered = Some(answers);
            }
            dropped += u32::from(!is_done && left == 0);
            match is_done || left == 0 {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
        drop(question);
        let answers = match answered {
            Some(answers) => answers,
            None => beside.await,
        };
        check_answers(subject, &batch, &answers);
        // A late answer to the dropped question must not be mistaken for the answer to another.
        let mut other = batch.clone();
        other.rotate_left(1);
        check_batch(subject, &*provider, &other).await;
        check_batch(subject, &*provider, &other[..1]).await;
        check_batch(subject, &*provider, &batch).await;
    }
    let is_online = subject.build().capabilities().online;
    assert!(
        !is_online || dropped > 0,
        "no question was dropped half-way: the peer answered too soon"
    );
}
