//! Checks that a provider opens no socket if it is offline, and puts no thread to sleep: in a process that the kernel ends if it does.

use crate::Subject;
use crate::checks::answers::check_batch;
use crate::confined_process::{self, Forbidden};

/// A provider that declares itself offline opens no internet socket. `path` is that of the test.
pub async fn offline_sends_nothing(subject: &Subject, path: &str) {
    if subject.build().capabilities().online {
        return;
    }
    let fault = "it declares that it does not go online, and opens a socket";
    confined_process::run(path, Forbidden::Sockets, fault, build_and_ask(subject)).await;
}

/// A provider does not put to sleep the thread that others are asked on. `path` is that of the test.
pub async fn no_blocking_sleep(subject: &Subject, path: &str) {
    let fault = "it makes a thread sleep, on which others wait: wait with `tokio::time`";
    confined_process::run(path, Forbidden::Sleep, fault, build_and_ask(subject)).await;
}

async fn build_and_ask(subject: &Subject) {
    let provider = subject.build();
    check_batch(subject, &*provider, &subject.addresses()).await;
    provider.data_files(true);
}
