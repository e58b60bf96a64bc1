//! Records and cells in `enrich --no-store`.

use crate::reported::case::case;

#[test]
fn a_filter_loses_no_record_and_shifts_no_cell() {
    let ran = case("k12-filter-drops-ndjson").run(&["enrich", "--no-store", "in.ndjson"]);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ran.stdout);
    assert_eq!(lines[1..3], [r#"{"n":2}"#, r#"{"n":3,"src_ip":""}"#]);
    let bench = case("k13-csv-short-record-shifts");
    let ran = bench.run(&["enrich", "--no-store", "in.csv"]);
    let mut widths = ran.stdout.lines().map(|line| line.matches(',').count());
    let width = widths.next();
    assert!(widths.all(|other| Some(other) == width), "{}", ran.stdout);
    let bench = case("k14-csv-existing-columns");
    let once = bench.run(&["enrich", "--no-store", "in.csv"]).stdout;
    bench.write("once.csv", &once);
    let twice = bench.run(&["enrich", "--no-store", "once.csv"]).stdout;
    bench.write("twice.csv", &twice);
    for table in [&once, &twice] {
        let header = table.lines().next().unwrap();
        let mut names: Vec<&str> = header.split(',').collect();
        assert_eq!(names[..3], ["ip", "asn", "country"]);
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{header}");
    }
    assert_eq!(
        bench.run(&["enrich", "--no-store", "twice.csv"]).stdout,
        twice,
        "a third time"
    );
}
