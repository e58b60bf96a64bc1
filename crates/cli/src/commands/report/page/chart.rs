//! Charts, as SVG that takes its colors from the style of the page.

use plotters::coord::Shift;
use plotters::prelude::{
    ChartBuilder, Color as _, DrawingArea, IntoDrawingArea as _, RGBColor, Rectangle, SVGBackend,
};

use crate::commands::report::figures::Timeline;
use crate::output::words;

/// Why a chart could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct DrawError(String);

/// What the style of the page replaces: the color of bars, of lines, of text.
const BAR: RGBColor = RGBColor(1, 1, 1);
const GRID: RGBColor = RGBColor(2, 2, 2);
const INK: RGBColor = RGBColor(3, 3, 3);

/// A size of a chart: that of a page, or of a phone.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
    /// How many labels the time has.
    pub(super) labels: usize,
}

/// For pages.
pub(super) const WIDE: Size = Size {
    width: 960,
    height: 260,
    labels: 8,
};

/// For phones.
pub(super) const NARROW: Size = Size {
    width: 360,
    height: 240,
    labels: 3,
};

/// Sessions over time, as SVG.
pub(super) fn sessions(timeline: &Timeline, size: Size) -> Result<String, DrawError> {
    let mut svg = String::new();
    {
        let backend = SVGBackend::with_string(&mut svg, (size.width, size.height));
        let area = backend.into_drawing_area();
        draw(timeline, size, &area).map_err(DrawError)?;
        area.present()
            .map_err(|error| DrawError(error.to_string()))?;
    }
    Ok(svg)
}

fn draw(
    timeline: &Timeline,
    size: Size,
    area: &DrawingArea<SVGBackend<'_>, Shift>,
) -> Result<(), String> {
    let spans = &timeline.spans;
    let greatest = spans.iter().map(|span| span.session_count).max();
    let top = greatest.unwrap_or_default().max(1);
    let bars = spans.len().max(1) as f64;
    let mut chart = ChartBuilder::on(area)
        .margin_top(10)
        .margin_right(10)
        .x_label_area_size(28)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..bars, 0_u64..top)
        .map_err(|error| error.to_string())?;
    let label = |place: &f64| {
        let span = spans.get(place.max(0.0) as usize);
        span.map_or_else(String::new, |span| label(span.start, timeline.span_hours))
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(plotters::style::TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .label_style(("sans-serif", 12, &INK))
        .x_labels(size.labels)
        .y_labels(5)
        .x_label_formatter(&label)
        .y_label_formatter(&|count| words::number(*count))
        .draw()
        .map_err(|error| error.to_string())?;
    let gap = if spans.len() > 120 { 0.0 } else { 0.1 };
    let rectangles = spans.iter().enumerate().map(|(place, span)| {
        let left = place as f64;
        Rectangle::new(
            [(left + gap, 0), (left + 1.0 - gap, span.session_count)],
            BAR.filled(),
        )
    });
    chart
        .draw_series(rectangles)
        .map_err(|error| error.to_string())?;
    Ok(())
}

/// The beginning of a span, as short as its length allows.
fn label(start: ipcascade_core::clock::Timestamp, span_hours: u64) -> String {
    let form = match span_hours {
        ..24 => "%m-%d %H:%M",
        _ => "%Y-%m-%d",
    };
    start.format(form).to_string()
}
