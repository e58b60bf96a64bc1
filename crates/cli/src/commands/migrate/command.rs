//! `ipcascade migrate`: brings the schema of a database up to date.

use clap::Args;
use ipcascade_core::store::{MigrateOptions, MigrationStep, OpenMode, Rights};

use crate::app::App;
use crate::commands::migrate::value_indexes;
use crate::commands::show;
use crate::exit::Exit;
use crate::output::{Output, OutputFormat, words};
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade --db postgresql://me@db/inventory migrate --dry-run    print the SQL, change nothing
  ipcascade --db sqlite:///inventory.db migrate
  ipcascade migrate --index country --index is_tor    rare values are found at once
  ipcascade migrate --list-indexes
  ipcascade --db postgresql://me@db/inventory migrate --print-grants read --role analyst

Migrations only add: no table, column or row that is there is dropped, and only --widen-asn
rewrites any.";

/// Arguments of `migrate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct MigrateArgs {
    /// Print what would be done, as SQL, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Widen 32-bit columns of ASNs to 64 bits; rewrites big tables under a lock
    #[arg(long)]
    widen_asn: bool,
    /// Make an index of a merged field (a field of addresses that several providers may have, such as `country`), so that
    /// lists find rare values of it, and are sorted by it, without reading every address (repeatable). All addresses are
    /// read once for each source that may have the field; on SQLite no other program can write meanwhile
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    index: Vec<String>,
    /// Drop the index of a merged field, or the one of SOURCE.KEY (repeatable)
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    drop_index: Vec<String>,
    /// List the indexes of merged fields, and their sizes
    #[arg(long, conflicts_with_all = ["dry_run", "widen_asn", "index", "drop_index"])]
    list_indexes: bool,
    /// Print the statements that let a role of PostgreSQL use the inventory: to `read` (list, look up, report, verify), to
    /// `refresh`, or to `write` (enrich, backfill, repair)
    #[arg(long, value_name = "RIGHTS", requires = "role", conflicts_with_all = ["dry_run", "widen_asn", "index", "drop_index", "list_indexes", "format"])]
    print_grants: Option<Rights>,
    /// The role that --print-grants is about
    #[arg(long, value_name = "NAME", requires = "print_grants")]
    role: Option<String>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = show::format())]
    format: OutputFormat,
}

impl MigrateArgs {
    fn options(&self) -> MigrateOptions {
        MigrateOptions {
            widen_asn: self.widen_asn,
            ..MigrateOptions::default()
        }
    }
}

/// Runs the command.
pub(crate) async fn run(args: &MigrateArgs, app: &App<'_>) -> CommandResult {
    let output = app.output();
    if args.list_indexes {
        return value_indexes::list(app, args.format).await;
    }
    if let (Some(rights), Some(role)) = (args.print_grants, &args.role) {
        return print_grants(app, role, rights).await;
    }
    let indexes = value_indexes::section_keys(&args.index, "index", app)?;
    let dropped_indexes = value_indexes::section_keys(&args.drop_index, "drop-index", app)?;
    if let Some(key) = indexes.iter().find(|key| dropped_indexes.contains(key)) {
        let text = format!("an index of `{key}` cannot be made and dropped at once");
        return Err(CliError::usage(text));
    }
    if args.dry_run {
        let store = app.open_store(OpenMode::Plan).await?;
        let options = MigrateOptions {
            indexes,
            dropped_indexes,
            ..args.options()
        };
        let steps = store.pending_migrations(&options).await?;
        store.close().await;
        if args.format != OutputFormat::Table {
            output.json(&steps, args.format)?;
        } else if steps.is_empty() {
            output.notice("the schema is up to date");
        } else {
            sql(&steps, output)?;
        }
        return Ok(Exit::Done);
    }
    let mut done = migrate(args, app).await?;
    if args.format == OutputFormat::Table {
        for step in &done {
            output.notice(&format!("done: {}", step.description));
        }
    }
    done.extend(value_indexes::change(app, &indexes, &dropped_indexes).await?);
    if args.format != OutputFormat::Table {
        output.json(&done, args.format)?;
        return Ok(Exit::Done);
    }
    let count = u64::try_from(done.len()).unwrap_or(u64::MAX);
    output.notice(&match count {
        0 => "the schema was up to date".to_owned(),
        n => format!(
            "the schema is up to date now, after {}",
            words::count(n, "step", "steps")
        ),
    });
    Ok(Exit::Done)
}

/// The statements for a role.
async fn print_grants(app: &App<'_>, role: &str, rights: Rights) -> CommandResult {
    let store = app.open_store(OpenMode::Inspect).await?;
    let statements = store.grants(role, rights).await?;
    let described = store.describe();
    store.close().await;
    let Some(statements) = statements else {
        let text = format!("--print-grants: {described} has no roles");
        return Err(CliError::usage(text).hint("the permissions of its file decide who may use it"));
    };
    for statement in statements {
        app.output().line(&format!("{statement};"))?;
    }
    Ok(Exit::Done)
}

/// Opening a store for writing also brings its schema up to date, so the pending steps are determined before.
async fn migrate(args: &MigrateArgs, app: &App<'_>) -> Result<Vec<MigrationStep>, CliError> {
    let store = app.open_store(OpenMode::Plan).await?;
    let mut done = store.pending_migrations(&args.options()).await?;
    store.close().await;
    let store = app.open_store(OpenMode::Write).await?;
    for step in store.migrate(&args.options()).await? {
        if !done.contains(&step) {
            done.push(step);
        }
    }
    store.close().await;
    Ok(done)
}

fn sql(steps: &[MigrationStep], output: &Output) -> std::io::Result<()> {
    for step in steps {
        output.line(&format!("-- {}", step.description))?;
        let statement = step.sql.trim_end();
        for line in statement.lines() {
            output.line(line)?;
        }
        output.text(if statement.ends_with(';') {
            "\n"
        } else {
            ";\n\n"
        })?;
    }
    Ok(())
}
