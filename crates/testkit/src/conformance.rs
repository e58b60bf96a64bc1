//! The macro that makes a test of each check.

/// Declares a module `conformance` with one test for each of the [`checks`](crate::checks). The
/// argument is an expression that gives a future of a [`Subject`](crate::Subject).
#[macro_export]
macro_rules! provider_conformance {
    ($subject:expr) => {
        $crate::provider_conformance!(
            $subject;
            declaration,
            batch_order,
            duplicates,
            ipv6,
            cancellation,
            failures_classified,
            no_secrets,
            settings_errors_named,
            non_global_withheld,
        );
    };
    ($subject:expr; $($check:ident,)*) => {
        mod conformance {
            #[allow(unused_imports)]
            use super::*;

            $(
                #[$crate::tokio::test(crate = "ipcascade_testkit::tokio")]
                async fn $check() {
                    $crate::checks::$check(&$subject.await).await;
                }
            )*
        }
    };
}
