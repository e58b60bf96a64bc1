//! The provider meets the conformance kit.

use ipcascade_core::lookup::FailureClass;
use ipcascade_provider_rdns as _;
use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply};
use ipcascade_testkit::{Failing, Known, Subject, WrongSettings, provider_conformance};

async fn peer(script: impl Fn(&str) -> DnsReply + Send + Sync + 'static) -> (DnsPeer, String) {
    let peer = DnsPeer::start(move |name, _| script(name)).await;
    let settings = format!("servers = [\"{}\"]\ntimeout = \"500ms\"\n", peer.address);
    (peer, settings)
}

async fn subject() -> Subject {
    let (sound, settings) = peer(|name| match name {
        "4.0.41.198.in-addr.arpa." => DnsReply::names(&["a.root.example."]),
        "12.4.33.192.in-addr.arpa." => DnsReply::names(&["c.root.example."]),
        name if name.ends_with("e.3.a.b.3.0.5.0.1.0.0.2.ip6.arpa.") => {
            DnsReply::names(&["six.root.example."])
        }
        _ => DnsReply::NoName,
    })
    .await;
    let mut subject = Subject::linked("rdns", settings)
        .known(Known::new("198.41.0.4", [("hostname", "a.root.example")]))
        .known(Known::new("192.33.4.12", [("hostname", "c.root.example")]))
        .known(Known::new(
            "2001:503:ba3e::2:30",
            [("hostname", "six.root.example")],
        ))
        .unknown("199.9.14.201")
        .wrong_settings(WrongSettings::new("servers = [\"resolver\"]", "servers"))
        .wrong_settings(WrongSettings::new("concurrency = 0", "concurrency"))
        .hears(sound.hears())
        .keep(sound);
    for reply in [
        DnsReply::ServerFailure,
        DnsReply::Silence,
        DnsReply::Garbage,
    ] {
        let (peer, settings) = peer(move |_| reply.clone()).await;
        let is_expected = |class: &FailureClass| *class == FailureClass::Transient;
        subject = subject
            .failing(Failing::new(settings, "198.41.0.4", is_expected))
            .keep(peer);
    }
    subject
}

provider_conformance!(subject());
