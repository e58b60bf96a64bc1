//! The choice between the transports, and how each stands in for the other.

use ipcascade_core::lookup::FailureClass;
use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply};
use ipcascade_testkit::peers::whois::{WhoisAct, WhoisPeer, by_second_octet, well};

use crate::support::{assert_all_found, both, dns_like_whois, failed, provider, spread};

#[tokio::test]
async fn few_addresses_are_asked_for_over_dns_and_many_by_whois() {
    let dns = dns_like_whois().await;
    let whois = WhoisPeer::start(by_second_octet, vec![well()]).await;
    let provider = provider(&both(&dns, &whois));
    assert_all_found(&provider.look_up(&spread(20)).await.outcomes);
    assert_eq!(whois.sessions().len(), 0);
    let over_dns = dns.asked().len();

    let answers = provider.look_up(&spread(60)).await;
    assert_all_found(&answers.outcomes);
    assert_eq!(whois.sessions().len(), 1);
    assert_eq!(whois.sessions()[0].len(), 3 + 40, "20 were known");
    assert_eq!(dns.asked().len(), over_dns);
}

#[tokio::test]
async fn addresses_that_are_known_do_not_count_towards_a_session() {
    let dns = dns_like_whois().await;
    let whois = WhoisPeer::start(by_second_octet, vec![well()]).await;
    let provider = provider(&both(&dns, &whois));
    provider.look_up(&spread(20)).await;
    assert_all_found(&provider.look_up(&spread(40)).await.outcomes);
    assert_eq!(whois.sessions().len(), 0);
}

#[tokio::test]
async fn what_whois_fails_on_is_asked_over_dns_and_whois_is_left_alone_for_a_while() {
    let dns = dns_like_whois().await;
    let whois = WhoisPeer::start(by_second_octet, vec![vec![]]).await;
    let provider = provider(&both(&dns, &whois));
    assert_all_found(&provider.look_up(&spread(30)).await.outcomes);
    let tried = whois.sessions().len();
    assert!(tried >= 1);

    assert_all_found(&provider.look_up(&spread(90)).await.outcomes);
    assert_eq!(whois.sessions().len(), tried, "it rests");
}

#[tokio::test]
async fn a_session_cut_for_good_is_finished_over_dns() {
    let dns = dns_like_whois().await;
    let scripts = vec![vec![WhoisAct::Read, WhoisAct::Answer(25)], vec![]];
    let whois = WhoisPeer::start(by_second_octet, scripts).await;
    let provider = provider(&both(&dns, &whois));
    assert_all_found(&provider.look_up(&spread(30)).await.outcomes);
    assert_eq!(dns.asked_with(".origin.").len(), 5);
}

#[tokio::test]
async fn whois_answers_a_list_when_dns_does_not_but_is_not_bothered_with_a_handful() {
    let dns = DnsPeer::start(|_, _| DnsReply::ServerFailure).await;
    let whois = WhoisPeer::start(by_second_octet, vec![well()]).await;
    let provider = provider(&both(&dns, &whois));
    let answers = provider.look_up(&spread(3)).await;
    assert_eq!(failed(&answers.outcomes[0]).0, FailureClass::Transient);
    assert_eq!(whois.sessions().len(), 0);
    assert_all_found(&provider.look_up(&spread(15)).await.outcomes);
    assert_eq!(whois.sessions().len(), 1);
}
