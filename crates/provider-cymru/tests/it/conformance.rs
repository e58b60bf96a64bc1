//! The provider meets the conformance kit, over DNS and whois.

use ipcascade_core::lookup::FailureClass;
use ipcascade_provider_cymru as _;
use ipcascade_testkit::peers::closed_port;
use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply, Via};
use ipcascade_testkit::peers::whois::{WhoisAct, WhoisPeer, well};
use ipcascade_testkit::{
    ExpectedClass, Failing, Known, Subject, WrongSettings, provider_conformance,
};

const ADDRESS: &str = "198.41.0.4";
/// Announced by several ASes.
const SEVERAL: &str = "193.0.12.9";

fn is_transient(class: &FailureClass) -> bool {
    *class == FailureClass::Transient
}

fn is_permanent(class: &FailureClass) -> bool {
    *class == FailureClass::Permanent
}

fn described(settings: String) -> Subject {
    Subject::linked("cymru", settings)
        .known(Known::new(ADDRESS, [("asn", 204_500)]))
        .known(Known::new("198.41.0.5", [("asn", 204_500)]))
        .known(Known::new("192.33.4.12", [("asn", 204_501)]))
        .known(Known::new(SEVERAL, [("asn", 204_503)]))
        .known(Known::new("2001:503:ba3e::2:30", [("asn", 204_502)]))
        .unknown("199.9.14.201")
        .unknown("2001:500:2::c")
        .wrong_settings(WrongSettings::new("mode = \"http\"", "mode"))
        .wrong_settings(WrongSettings::new(
            "[dns]\nconcurrency = 0",
            "dns.concurrency",
        ))
        .wrong_settings(WrongSettings::new("[whois]\nchunk = 0", "whois.chunk"))
}

fn by_name(name: &str, _: Via) -> DnsReply {
    let text = match name {
        name if name.ends_with(".0.41.198.origin.asn.cymru.com.") => {
            "204500 | 198.41.0.0/24 | US | arin | 1993-01-01"
        }
        name if name.ends_with(".4.33.192.origin.asn.cymru.com.") => {
            "204501 | 192.33.4.0/24 | US | arin | 1993-01-01"
        }
        name if name.ends_with(".e.3.a.b.3.0.5.0.1.0.0.2.origin6.asn.cymru.com.") => {
            "204502 | 2001:503:ba3e::/48 | US | arin | 2000-01-01"
        }
        "as204500.asn.cymru.com." => "204500 | US | arin | 1993-01-01 | FIRST - First, US",
        "as204501.asn.cymru.com." => "204501 | US | arin | 1993-01-01 | SECOND - Second, US",
        name if name.ends_with(".12.0.193.origin.asn.cymru.com.") => {
            return DnsReply::texts(&[
                "204503 | 193.0.12.0/24 | NL | ripencc | 1993-09-01",
                "204504 | 193.0.12.0/24 | NL | ripencc | 1993-09-01",
            ]);
        }
        _ => return DnsReply::NoName,
    };
    DnsReply::texts(&[text])
}

async fn over_dns() -> Subject {
    let sound = DnsPeer::start(by_name).await;
    let hears = sound.hears();
    let mut subject = described(sound.settings()).hears(hears).keep(sound);
    let broken = DnsReply::texts(&["what | is | this"]);
    let failures: [(DnsReply, ExpectedClass); 4] = [
        (DnsReply::ServerFailure, is_transient),
        (DnsReply::Silence, is_transient),
        (DnsReply::Garbage, is_transient),
        (broken, is_permanent),
    ];
    for (reply, expected) in failures {
        let peer = DnsPeer::start(move |_, _| reply.clone()).await;
        let settings = peer
            .settings()
            .replace("timeout = \"2s\"", "timeout = \"500ms\"");
        subject = subject
            .failing(Failing::new(settings, ADDRESS, expected))
            .keep(peer);
    }
    subject
}

fn by_address(address: &str) -> Vec<String> {
    let (asn, prefix) = match address {
        ADDRESS | "198.41.0.5" => (204_500, "198.41.0.0/24"),
        "192.33.4.12" => (204_501, "192.33.4.0/24"),
        "2001:503:ba3e::2:30" => (204_502, "2001:503:ba3e::/48"),
        SEVERAL => {
            let line = |asn| {
                format!(
                    "{asn} | {SEVERAL} | 193.0.12.0/24 | NL | ripencc | 1993-09-01 | NET - Net, NL"
                )
            };
            return [204_503, 204_504].map(line).to_vec();
        }
        _ => return Vec::new(),
    };
    vec![format!(
        "{asn} | {address} | {prefix} | US | arin | 1993-01-01 | NET{asn} - Net, US"
    )]
}

async fn by_whois() -> Subject {
    let sound = WhoisPeer::start(by_address, vec![well()]).await;
    let hears = sound.hears();
    let mut subject = described(sound.settings()).hears(hears).keep(sound);
    let complaint = "Error: no ASN or IP match on line 3.\n".to_owned();
    let failures: [(Vec<WhoisAct>, ExpectedClass); 4] = [
        (Vec::new(), is_transient),
        (vec![WhoisAct::Read, WhoisAct::Banner], is_transient),
        (vec![WhoisAct::Read, WhoisAct::Idle], is_transient),
        (
            vec![WhoisAct::Read, WhoisAct::Banner, WhoisAct::Write(complaint)],
            is_permanent,
        ),
    ];
    for (script, expected) in failures {
        let peer = WhoisPeer::start(by_address, vec![script]).await;
        let settings = peer
            .settings()
            .replace("timeout = \"5s\"", "timeout = \"500ms\"");
        subject = subject
            .failing(Failing::new(settings, ADDRESS, expected))
            .keep(peer);
    }
    let address = closed_port().await;
    let settings = format!("mode = \"whois\"\n[whois]\naddress = \"{address}\"");
    subject.failing(Failing::new(settings, ADDRESS, is_transient))
}

provider_conformance!(dns, over_dns());
provider_conformance!(whois, by_whois());
