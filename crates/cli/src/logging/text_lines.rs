//! Log messages as lines for people.

use std::fmt;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{self, FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

use crate::output::{one_line, without_passwords};

/// A layer for standard error: the messages look like those of the program. `has_target` adds which part of the program
/// they are from.
pub(super) fn plain_lines<S>(has_target: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    tracing_subscriber::fmt::layer()
        .fmt_fields(fields())
        .event_format(Plain { has_target })
        .with_writer(std::io::stderr)
        .boxed()
}

/// A layer for a file: the messages have their time and level.
pub(super) fn dated_lines<S, W>(writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .fmt_fields(fields())
        .with_ansi(false)
        .with_writer(writer)
        .boxed()
}

/// How fields are written. Messages quote what strangers have chosen: none may begin a line of its own, or hide another.
fn fields() -> impl for<'w> FormatFields<'w> + Send + Sync + 'static {
    format::debug_fn(|writer, field, value| {
        let text = format!("{value:?}");
        let text = without_passwords(&text);
        match field.name() {
            "message" => writer.write_str(&one_line(&text)),
            name => write!(writer, "{name}={}", one_line(&text)),
        }
    })
    .delimited(" ")
}

/// A message without time.
struct Plain {
    has_target: bool,
}

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        writer.write_str(match *metadata.level() {
            // What makes a run fail is reported by the program itself, as an error.
            Level::ERROR | Level::WARN => "warning: ",
            Level::INFO => "",
            Level::DEBUG => "debug: ",
            Level::TRACE => "trace: ",
        })?;
        if self.has_target {
            write!(writer, "{}: ", metadata.target())?;
        }
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}
