//! The bulk transport against a server in this process.

use ipcascade_core::address::Address;
use ipcascade_core::lookup::{FailureClass, Outcome};
use ipcascade_testkit::peers::whois::{WhoisAct, WhoisPeer, by_second_octet, well};

use crate::support::{addresses, assert_all_found, failed, found, nobody, provider, spread};

#[tokio::test]
async fn a_list_is_one_session() {
    let peer = WhoisPeer::start(by_second_octet, vec![well()]).await;
    let answers = provider(&peer.settings()).look_up(&spread(100)).await;
    assert_all_found(&answers.outcomes);
    let sessions = peer.sessions();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0][..3], ["begin", "verbose", "5.0.7.200"]);
    assert_eq!(sessions[0].last().unwrap(), "end");
    assert_eq!(sessions[0].len(), 103);
}

#[tokio::test]
async fn sessions_are_bounded_in_size() {
    let peer = WhoisPeer::start(by_second_octet, vec![well()]).await;
    let settings = format!("{}chunk = 40\n", peer.settings());
    let answers = provider(&settings).look_up(&spread(100)).await;
    assert_all_found(&answers.outcomes);
    let sizes: Vec<usize> = peer
        .sessions()
        .iter()
        .map(|lines| lines.len() - 3)
        .collect();
    assert_eq!(sizes, [40, 40, 20]);
}

#[tokio::test]
async fn an_unannounced_address_is_not_found() {
    let peer = WhoisPeer::start(nobody, vec![well()]).await;
    let answers = provider(&peer.settings()).look_up(&spread(2)).await;
    for outcome in &answers.outcomes {
        assert!(matches!(outcome, Outcome::NotFound), "{outcome:?}");
    }
}

#[tokio::test]
async fn lines_in_any_order_are_matched_by_address() {
    let script = vec![WhoisAct::Read, WhoisAct::Banner, WhoisAct::AnswerBackwards];
    let peer = WhoisPeer::start(by_second_octet, vec![script]).await;
    let answers = provider(&peer.settings()).look_up(&spread(50)).await;
    assert_all_found(&answers.outcomes);
}

#[tokio::test]
async fn banners_headers_details_and_noise_are_passed_over() {
    let noise = "\r\nBulk mode\r\nAS      | IP               | BGP Prefix          | CC | Registry | Allocated  | AS Name\r\n15169 | US | arin | 2000-03-30 | GOOGLE - Google LLC, US\r\n| | |\n\u{0}\n";
    let script = vec![
        WhoisAct::Read,
        WhoisAct::Write(noise.to_owned()),
        WhoisAct::Answer(3),
        WhoisAct::Write(noise.to_owned()),
        WhoisAct::Answer(usize::MAX),
    ];
    let peer = WhoisPeer::start(by_second_octet, vec![script]).await;
    let answers = provider(&peer.settings()).look_up(&spread(6)).await;
    assert_all_found(&answers.outcomes);
    assert_eq!(peer.sessions().len(), 1);
}

#[tokio::test]
async fn ipv6_addresses_come_back_in_their_spelling() {
    let table = |address: &str| {
        assert_eq!(address, "2001:4860:4860::8844");
        vec!["15169 | 2001:4860:4860:0000:0000:0000:0000:8844 | 2001:4860::/32 | US | arin | 2005-03-14 | GOOGLE, US".to_owned()]
    };
    let peer = WhoisPeer::start(table, vec![well()]).await;
    let answers = provider(&peer.settings())
        .look_up(&addresses(&["2001:4860:4860::8844"]))
        .await;
    assert_eq!(found(&answers.outcomes[0])["asn"], 15169);
}

#[tokio::test]
async fn a_name_may_hold_the_separator_and_letters_beyond_ascii() {
    let table = |address: &str| {
        vec![format!(
            "204501 | {address} | 5.0.7.0/24 | | | | Skåne | Нет \u{1b}[31m网, SE"
        )]
    };
    let peer = WhoisPeer::start(table, vec![well()]).await;
    let answers = provider(&peer.settings()).look_up(&spread(1)).await;
    let fields = found(&answers.outcomes[0]);
    assert_eq!(fields["asn_org"], "Skåne | Нет [31m网, SE");
    assert!(fields["registry"].is_null() && fields["country"].is_null());
}

#[tokio::test]
async fn several_lines_of_an_address_are_its_origins_and_the_narrowest_prefix_wins() {
    let table = |_: &str| {
        vec![
            "701 | 5.0.7.200 | 5.0.0.0/16 | US | arin | 2001-01-01 | WIDE, US".to_owned(),
            "204502 | 5.0.7.200 | 5.0.7.0/24 | DE | ripencc | 2001-01-01 | TWO, DE".to_owned(),
            "204501 | 5.0.7.200 | 5.0.7.0/24 | DE | ripencc | 2001-01-01 | ONE, DE".to_owned(),
        ]
    };
    let peer = WhoisPeer::start(table, vec![well()]).await;
    let answers = provider(&peer.settings()).look_up(&spread(1)).await;
    let fields = found(&answers.outcomes[0]);
    assert_eq!(fields["asn"], 204501);
    assert_eq!(fields["asn_org"], "ONE, DE");
    assert_eq!(fields["origins"], serde_json::json!([204501, 204502]));
}

#[tokio::test]
async fn addresses_of_a_block_are_asked_for_once_and_remembered() {
    let peer = WhoisPeer::start(by_second_octet, vec![well()]).await;
    let provider = provider(&peer.settings());
    let wanted = addresses(&["5.3.7.1", "5.3.7.2", "5.3.7.3"]);
    let answers = provider.look_up(&wanted).await;
    for outcome in &answers.outcomes {
        assert_eq!(found(outcome)["asn"], 204503);
    }
    assert_eq!(peer.sessions()[0].len(), 4);
    provider.look_up(&wanted).await;
    assert_eq!(peer.sessions().len(), 1);
}

#[tokio::test]
async fn a_cut_session_is_resumed_where_it_was_cut() {
    let cut_within_a_line = vec![
        WhoisAct::Read,
        WhoisAct::Banner,
        WhoisAct::Answer(30),
        WhoisAct::Write(
            "204530   | 5.30.7.170 | 5.30.7.0/24 | DE | ripencc  | 2001-01-01 | NE".to_owned(),
        ),
    ];
    let peer = WhoisPeer::start(by_second_octet, vec![cut_within_a_line, well()]).await;
    let answers = provider(&peer.settings()).look_up(&spread(60)).await;
    assert_all_found(&answers.outcomes);
    let sessions = peer.sessions();
    assert_eq!(sessions.len(), 2);
    assert_eq!(
        sessions[1][2..4],
        ["5.29.7.171", "5.30.7.170"],
        "the last one answered may have had more lines"
    );
    assert_eq!(sessions[1].len(), 3 + 31);
}

#[tokio::test]
async fn an_error_line_costs_its_own_address_only() {
    let script = vec![
        WhoisAct::Read,
        WhoisAct::Banner,
        WhoisAct::Answer(1),
        WhoisAct::Write("Error: no ASN or IP match on line 4.\n".to_owned()),
        WhoisAct::Answer(usize::MAX),
    ];
    let table = |address: &str| {
        if address == "5.1.7.199" {
            vec!["\n".to_owned()]
        } else {
            by_second_octet(address)
        }
    };
    let peer = WhoisPeer::start(table, vec![script]).await;
    let answers = provider(&peer.settings()).look_up(&spread(4)).await;
    for index in [0, 2, 3] {
        assert_eq!(found(&answers.outcomes[index])["asn"], 204500 + index);
    }
    let (class, message) = failed(&answers.outcomes[1]);
    assert_eq!(class, FailureClass::Permanent);
    assert!(message.contains("no ASN or IP match"), "{message}");
    assert_eq!(peer.sessions().len(), 1);
}

#[tokio::test]
async fn nonsense_about_an_address_costs_that_address_only() {
    let table = |address: &str| match address {
        "5.0.7.200" => vec!["x | 5.0.7.200 | ? | ? | ? | ? | ?".to_owned()],
        "5.1.7.199" => {
            vec!["204501 | 5.1.7.199 | 9.0.0.0/8 | DE | ripencc | 2001-01-01 | NET, DE".to_owned()]
        }
        _ => by_second_octet(address),
    };
    let peer = WhoisPeer::start(table, vec![well()]).await;
    let answers = provider(&peer.settings()).look_up(&spread(3)).await;
    assert_eq!(failed(&answers.outcomes[0]).0, FailureClass::Permanent);
    let (_, message) = failed(&answers.outcomes[1]);
    assert!(message.contains("9.0.0.0/8"), "{message}");
    assert_eq!(found(&answers.outcomes[2])["asn"], 204502);
}

#[tokio::test]
async fn a_server_that_stays_silent_after_all_answers_loses_none() {
    let mut script = well();
    script.push(WhoisAct::Idle);
    let peer = WhoisPeer::start(by_second_octet, vec![script]).await;
    let settings = peer
        .settings()
        .replace("timeout = \"5s\"", "timeout = \"1s\"");
    let answers = provider(&settings).look_up(&spread(3)).await;
    assert_all_found(&answers.outcomes);
    assert_eq!(peer.sessions().len(), 1);
}

#[tokio::test]
async fn an_endless_line_is_not_read_to_its_end() {
    let script = vec![
        WhoisAct::Read,
        WhoisAct::Write("x".repeat(100_000)),
        WhoisAct::Idle,
    ];
    let peer = WhoisPeer::start(by_second_octet, vec![script]).await;
    let answers = provider(&peer.settings()).look_up(&spread(1)).await;
    let (_, message) = failed(&answers.outcomes[0]);
    assert!(message.contains("8192 bytes"), "{message}");
}

#[tokio::test]
async fn answers_are_read_while_the_question_is_still_being_written() {
    // The server sends far more than the connection can buffer before it reads anything.
    let noise = "Bulk mode; noise\n".repeat(50_000);
    let script = vec![
        WhoisAct::Write(noise),
        WhoisAct::Read,
        WhoisAct::Banner,
        WhoisAct::Answer(usize::MAX),
    ];
    let peer = WhoisPeer::start(
        |address| {
            let asn = "204501";
            let line = format!("{asn} | {address} | 11.0.0.0/8 | US | arin | 2001-01-01 | NET, US");
            vec![line]
        },
        vec![script],
    )
    .await;
    let wanted: Vec<Address> = (0..2_000_u32)
        .map(|index| std::net::Ipv4Addr::from(0x0b00_0000 + (index << 8)).into())
        .collect();
    let answers = provider(&peer.settings()).look_up(&wanted).await;
    assert!(
        answers
            .outcomes
            .iter()
            .all(|outcome| found(outcome)["asn"] == 204501)
    );
}
