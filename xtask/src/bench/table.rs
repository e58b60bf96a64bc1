//! The results as a table.

use super::measure::Measurement;

/// The target for `growth`.
const GROWTH: u8 = 6;

/// A row with its own result and that of its limit.
#[derive(Debug)]
pub(super) struct TableLine {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) ours: Measurement,
    pub(super) limit: Measurement,
    pub(super) limit_is: &'static str,
    pub(super) goal: Option<f64>,
}

/// The lines as Markdown.
pub(super) fn render(lines: &[TableLine]) -> String {
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
            line.goal.map_or_else(String::new, |goal| goal.to_string()),
        ));
    }
    if let Some(growth) = growth(lines) {
        text.push_str(&format!(
            "\n`sqlite-large` takes {growth:.1} times as long as `sqlite`, for 5 times the events (goal {GROWTH}).\n"
        ));
    }
    text
}

/// How much longer five times the events take, where both were measured.
fn growth(lines: &[TableLine]) -> Option<f64> {
    let wall = |name| {
        let line = lines.iter().find(|line| line.name == name)?;
        Some(line.ours.wall.as_secs_f64())
    };
    Some(wall("sqlite-large")? / wall("sqlite")?)
}

fn seconds(time: std::time::Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn mebibytes(bytes: u64) -> String {
    if bytes == 0 {
        return String::new();
    }
    format!("{} MiB", bytes >> 20)
}
