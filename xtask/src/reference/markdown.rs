//! The parts of a page.

/// The title and what stands above every page.
pub(super) fn head(title: &str) -> String {
    format!(
        "<!-- Made by `cargo xtask reference`: change the code, not this page. -->\n\n# {title}\n"
    )
}

/// A table, between empty lines. A column without any text is left out.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let is_used = |column: &usize| {
        let mut cells = rows.iter().filter_map(|row| row.get(*column));
        cells.any(|cell| !cell.is_empty())
    };
    let used: Vec<usize> = (0..header.len()).filter(is_used).collect();
    let line = |cells: &dyn Fn(usize) -> String| {
        let cells: Vec<String> = used.iter().map(|&column| cells(column)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = format!("\n{}", line(&|column| header[column].to_owned()));
    text.push_str(&format!("|{}\n", "---|".repeat(used.len())));
    for row in rows {
        text.push_str(&line(&|column| {
            row.get(column).map_or_else(String::new, |it| cell(it))
        }));
    }
    text
}

fn cell(text: &str) -> String {
    text.trim().replace('|', "\\|").replace('\n', " ")
}

/// Text as code.
pub(super) fn code(text: impl AsRef<str>) -> String {
    format!("`{}`", text.as_ref())
}

/// Texts as code, with commas between.
pub(super) fn codes<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = texts.into_iter().map(code).collect();
    texts.join(", ")
}

/// A block of code, between empty lines.
pub(super) fn block(language: &str, text: &str) -> String {
    format!("\n```{language}\n{}\n```\n", text.trim_end())
}

/// A text as a sentence, for texts that are written without a full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    match text.ends_with(['.', '!', '?', ':', '…']) || text.is_empty() {
        true => text.to_owned(),
        false => format!("{text}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_does_not_end_a_cell_and_empty_columns_are_left_out() {
        let rows = [vec!["a|b".to_owned(), String::new(), "c".to_owned()]];
        let text = table(&["x", "y", "z"], &rows);
        assert_eq!(text, "\n| x | z |\n|---|---|\n| a\\|b | c |\n");
    }
}
