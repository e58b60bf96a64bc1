//! `ipcascade enrich`: addresses and logs in, inventory up to date; or a filter with `--no-store`.

use crate::app::App;
use crate::commands::enrich::args::EnrichArgs;
use crate::commands::enrich::{filter, inventory};
use crate::report::CommandResult;

impl EnrichArgs {
    pub(crate) async fn run(self, app: &App<'_>) -> CommandResult {
        self.check_output_format()?;
        if !self.no_store {
            app.check_store()?;
        }
        let plan = app.cascade()?;
        plan.check_not_empty()?;
        app.output().notice(&plan.announcement());
        if self.no_store {
            filter::run(&self, app, &plan.cascade).await
        } else {
            inventory::run(&self, app, &plan.cascade).await
        }
    }
}
