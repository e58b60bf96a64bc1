//! What terminals of several widths show; one that reports no width has no limit.

#![cfg(unix)]

use crate::place::Place;
use crate::terminal;
use crate::transcript::Transcript;

const LATER: &[&str] = &["--now", "2026-03-12T13:00:00Z"];

#[test]
fn lists_and_reports_fit_the_terminal() {
    let place = Place::new();
    let inputs = ["cowrie.json", "header.csv", "list.txt"];
    place.run(&[&["enrich"], &inputs[..]].concat()).expect(0);
    let mut transcript = Transcript::default();
    for columns in [40_u16, 80, 200, 0] {
        for command in [
            "report --no-verify",
            "ip list -n 4",
            "ip list -n 2 --columns address,asn_org,country,city,prefix,last_seen",
            "ip top --by country",
            "asn list",
            "session list -n 2",
            "stats",
        ] {
            let words: Vec<&str> = command.split(' ').collect();
            let args = [LATER, &words].concat();
            let shown = terminal::shown(&mut place.command(&args), columns);
            let is_wide = |line: &&str| columns > 0 && line.chars().count() > columns.into();
            let wide = shown.lines().find(is_wide);
            // A name that cannot be broken may be longer than forty columns.
            assert!(
                columns < 80 || wide.is_none(),
                "{command} in {columns}: {wide:?}"
            );
            transcript.text(&format!("{command} in {columns} columns"), &shown);
        }
    }
    transcript.compare("widths");
}
