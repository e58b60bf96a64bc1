//! The macro that declares a test for each check.

/// Declares a module `conformance` with one test for each of the [`checks`](crate::checks). The argument is an
/// expression that returns a future of a [`Subject`](crate::Subject). A name for the module may come first, for a
/// provider that is checked in several configurations.
#[macro_export]
macro_rules! provider_conformance {
    ($subject:expr) => {
        $crate::provider_conformance!(conformance, $subject);
    };
    ($module:ident, $subject:expr) => {
        $crate::provider_conformance!(
            $module, $subject;
            declaration,
            fields_as_declared,
            steady_version,
            prefixes_as_answered,
            batch_order,
            alone_or_together,
            concurrency,
            duplicates,
            ipv6,
            cancellation,
            failures_classified,
            no_secrets,
            settings_errors_named,
            non_global_withheld,
            only_what_is_asked;
            offline_sends_nothing,
            no_blocking_sleep,
        );
    };
    ($module:ident, $subject:expr; $($check:ident),*; $($confined:ident,)*) => {
        mod $module {
            #[allow(unused_imports)]
            use super::*;

            $(
                #[$crate::tokio::test(crate = "ipcascade_testkit::tokio")]
                async fn $check() {
                    $crate::checks::$check(&$subject.await).await;
                }
            )*
            $(
                #[$crate::tokio::test(crate = "ipcascade_testkit::tokio")]
                async fn $confined() {
                    let path = concat!(module_path!(), "::", stringify!($confined));
                    $crate::checks::$confined(&$subject.await, path).await;
                }
            )*
        }
    };
}
