//! The output of runs of the program, as text for snapshots.

use std::fmt::Write as _;

use insta::{Settings, assert_snapshot};
use ipcascade_testkit::program::Run;

/// What differs from run to run: the duration. Everything else is deterministic, as the current time is fixed.
const MASKS: &[(&str, &str)] = &[
    (r#"("seconds": ?)[0-9.e-]+"#, "$1[TIME]"),
    (r#"("addresses_per_second": ?)[0-9]+"#, "$1[RATE]"),
    (
        r"(time {8})[0-9.]+ s, [0-9,]+ addresses/s",
        "$1[TIME] s, [RATE] addresses/s",
    ),
];

/// Longer outputs are kept once: if another command writes the same, that command is named.
const LONG: usize = 3;

/// Runs, one after the other.
#[derive(Default)]
pub(crate) struct Transcript {
    text: String,
    /// The commands so far, with their outputs.
    seen: Vec<(String, String)>,
}

impl Transcript {
    /// Adds a run of the program with `args`.
    pub(crate) fn run(&mut self, args: &[&str], run: &Run) {
        let command = format!("ipcascade {}", args.join(" "));
        let output = output(run);
        self.text += &format!("$ {command}\n");
        let mut seen = self.seen.iter();
        let is_same_elsewhere =
            |(earlier, seen): &&(String, String)| *earlier != command && *seen == output;
        match seen
            .find(is_same_elsewhere)
            .filter(|_| output.lines().count() > LONG)
        {
            Some((earlier, _)) => self.text += &format!("(the same as: {earlier})\n"),
            None => self.text += &output,
        }
        self.seen.push((command, output));
    }

    /// Adds a text with a title.
    pub(crate) fn text(&mut self, title: &str, text: &str) {
        self.text += &format!("== {title}\n{}", visible(text));
    }

    /// Fails unless this equals the snapshot `name`.
    #[track_caller]
    pub(crate) fn compare(self, name: &str) {
        let mut settings = Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        for (pattern, mask) in MASKS {
            settings.add_filter(pattern, *mask);
        }
        settings.bind(|| assert_snapshot!(name, self.text));
    }
}

/// Standard output unchanged, each line of standard error after its name, the exit code. The last one protects what
/// insta would trim: line feeds at the end are compared too.
fn output(run: &Run) -> String {
    let mut text = visible(&run.stdout);
    for line in visible(&run.stderr).lines() {
        text += &format!("[stderr] {line}\n");
    }
    text + &format!("[exit code {}]\n", run.code)
}

/// Text in which every byte is visible, as editors and insta (which treats CR LF as LF) may change the others.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            '\0'..='\x1f' => shown.extend(char::from_u32(0x2400 + u32::from(c))),
            '\x7f'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}' => {
                write!(shown, "⟨U+{:04X}⟩", u32::from(c)).unwrap();
            }
            _ => shown.push(c),
        }
    }
    if !shown.is_empty() && !shown.ends_with('\n') {
        shown.push_str("⟨no line feed⟩\n");
    }
    shown
}
