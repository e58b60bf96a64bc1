//! How wide lines and tables are.

/// The width of a line where that of the terminal is not known.
pub(super) const USUAL_WIDTH: usize = 80;

/// The least number of columns that tables are laid out for.
const NARROWEST: u16 = 20;

/// The width of the terminal that tables are laid out for.
pub(super) fn terminal_width() -> Option<u16> {
    let width = columns_asked_for().or_else(|| comfy_table::Table::new().width());
    // Serial consoles have 0.
    width.filter(|width| *width >= NARROWEST)
}

/// The width that the environment asks for where there is no terminal.
pub(super) fn width_asked_for() -> Option<u16> {
    columns_asked_for().filter(|width| *width >= NARROWEST)
}

fn columns_asked_for() -> Option<u16> {
    std::env::var("COLUMNS").ok()?.parse().ok()
}
