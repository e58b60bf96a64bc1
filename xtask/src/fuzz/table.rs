//! The results as a table.

use super::trial::TargetRun;

/// The results as Markdown.
pub(super) fn render(trials: &[TargetRun]) -> String {
    let mut text = String::from(
        "| target | executions | per second | edges | faults |\n|---|---|---|---|---|\n",
    );
    for trial in trials {
        let figures = trial.statistics;
        text.push_str(&format!(
            "| `{}` | {} | {} | {} | {} |\n",
            trial.target,
            figures.executions,
            figures.per_second,
            figures.edges,
            u8::from(trial.fault.is_some()),
        ));
    }
    text
}
