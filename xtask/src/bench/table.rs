//! What was measured, as a table.

use super::measure::Taken;

/// A row with what it and its limit took.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) ours: Taken,
    pub(super) limit: Taken,
    pub(super) limit_is: &'static str,
    pub(super) goal: f64,
}

/// The lines as Markdown.
pub(super) fn render(lines: &[Line]) -> String {
    let mut text = String::from(
        "| row | work | wall | processor | memory | limit beside it | wall | memory | ratio | goal |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for line in lines {
        let ratio = line.ours.wall.as_secs_f64() / line.limit.wall.as_secs_f64().max(f64::EPSILON);
        text.push_str(&format!(
            "| `{}` | {} | {} | {} | {} | {} | {} | {} | {ratio:.2} | {} |\n",
            line.name,
            line.what,
            seconds(line.ours.wall),
            seconds(line.ours.processor),
            mebibytes(line.ours.memory),
            line.limit_is,
            seconds(line.limit.wall),
            mebibytes(line.limit.memory),
            line.goal,
        ));
    }
    text
}

fn seconds(time: std::time::Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}
