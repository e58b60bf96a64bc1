//! `ipcascade lookup`: what is known about addresses, ASes and prefixes.

use std::sync::Arc;

use clap::Args;
use ipcascade_core::asn::Asn;
use ipcascade_core::cascade::Renew;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::Store;
use ipcascade_input::Spelling;

use crate::app::{App, CascadePlan};
use crate::args::SpellingArgs;
use crate::commands::asked::{Asked, AskedText, Refused, are_several};
use crate::commands::lookup::address::AddressAnswer;
use crate::commands::lookup::asn::AsnAnswer;
use crate::commands::lookup::explain;
use crate::commands::lookup::fields::Chosen;
use crate::commands::lookup::looked_up::{Answer, LookedUp};
use crate::commands::lookup::network::NetworkAnswer;
use crate::commands::lookup::question::{Network, Subject, note_host_bits, read};
use crate::commands::show::format;
use crate::exit::Exit;
use crate::output::{Answers, OutputFormat};
use crate::output_file::FileArgs;
use crate::records::Record;
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade lookup 8.8.8.8
  ipcascade lookup 'hxxps://8[.]8[.]8[.]8/x' AS15169  an address as it was pasted; an AS
  ipcascade lookup 45.0.0.0/8                         what is stored in a prefix, by AS
  ipcascade lookup --explain 2001:4860:4860::8888     each step, what each source said, which won
  ipcascade lookup --field asn --field asn_org - < ips.txt
  ipcascade --offline lookup --json 1.1.1.1           files and store only";

/// Show what is known about addresses, ASes and prefixes
///
/// An address: what the inventory has; then the configured providers (the cascade) are asked for what is missing or
/// stale. An AS (autonomous system): what the inventory has, and what offline providers know of the AS itself. A prefix,
/// or a range of more than 256 addresses: what the inventory has in it. Only addresses are looked up online. The
/// inventory is not changed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LookupArgs {
    /// Addresses, however they are spelled: with a port, in a URL, defanged; ASes (AS15169); prefixes (192.0.2.0/24) and
    /// ranges (192.0.2.7-9); `-` reads them from standard input, and answers as they come
    #[arg(required = true, value_name = "IP|AS|PREFIX")]
    subjects: Vec<String>,
    #[command(flatten)]
    spelling: SpellingArgs,
    /// Explain what each step of the cascade did, what each source said, why each value won, and what was skipped until when
    #[arg(long)]
    explain: bool,
    /// Look addresses up again even if their answers are still fresh
    #[arg(long)]
    refresh: bool,
    /// Print only the value of this field, one line for each address, AS or prefix, empty if it is not known (repeatable: values are
    /// separated by tabs)
    #[arg(long = "field", value_name = "FIELD", value_delimiter = ',', conflicts_with_all = ["explain", "format"])]
    fields: Vec<String>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = format())]
    format: OutputFormat,
    #[command(flatten)]
    _file: FileArgs,
}

impl LookupArgs {
    /// Whether a question may follow: nothing is read from standard input, and what is printed is for people.
    pub(crate) fn may_ask(&self) -> bool {
        let is_for_people = self.format == OutputFormat::Table && self.fields.is_empty();
        is_for_people && !self.subjects.iter().any(|subject| subject == "-")
    }

    pub(crate) async fn run(self, app: &App<'_>) -> CommandResult {
        let mut asked = Asked::new(&self.subjects);
        let spelling = self.spelling.spelling();
        let mut texts = read_all(asked.next()?, spelling);
        let mut lookup = Lookup::of(&self, app, &texts).await?;
        while !texts.is_empty() {
            lookup.answer_texts(texts).await?;
            // What is answered is shown before more is asked.
            app.output().flush()?;
            texts = read_all(asked.next()?, spelling);
        }
        lookup.answers.finish()?;
        Ok(match lookup.has_failed {
            true => Exit::Failed,
            false => Exit::Done,
        })
    }
}

/// A text with what it asks for, and why some of it is not understood.
struct ReadText {
    text: AskedText,
    subjects: Vec<Subject>,
    refused: Option<Refused>,
}

fn read_all(texts: Vec<AskedText>, spelling: Spelling) -> Vec<ReadText> {
    let texts = texts.into_iter().map(|text| {
        let (subjects, read) = read(&text.text, spelling);
        ReadText {
            text,
            subjects,
            refused: read.err(),
        }
    });
    texts.collect()
}

/// A run of the command.
struct Lookup<'a> {
    app: &'a App<'a>,
    args: &'a LookupArgs,
    /// What addresses are looked up with; `None`: none are asked for.
    plan: Option<Arc<CascadePlan>>,
    looked_up: Option<LookedUp>,
    policy: Arc<Policy>,
    store: Option<Arc<dyn Store>>,
    fields: Chosen,
    answers: Answers<'a>,
    has_failed: bool,
    is_announced: bool,
}

impl<'a> Lookup<'a> {
    /// Prepares for what `texts`, the first ones, ask for; standard input may ask for anything.
    async fn of(
        args: &'a LookupArgs,
        app: &'a App<'a>,
        texts: &[ReadText],
    ) -> Result<Self, CliError> {
        let subjects = || texts.iter().flat_map(|text| &text.subjects);
        let asks = |is: fn(&Subject) -> bool| subjects().any(is);
        let is_open = args.subjects.iter().any(|subject| subject == "-");
        let plan = match is_open || asks(|it| matches!(it, Subject::Address(_))) {
            true => Some(Arc::new(app.cascade()?)),
            false => None,
        };
        let policy = match &plan {
            Some(plan) => plan.cascade.policy().clone(),
            None if asks(|it| matches!(it, Subject::Asn(_))) => app.informed_policy()?,
            None => app.policy()?,
        };
        let instead = match plan {
            Some(_) => "only the cascade is asked",
            None => "nothing is stored",
        };
        let is_several = are_several(&args.subjects, subjects().count());
        let fields = Chosen::new(&args.fields, &policy)?;
        let store = app.open_store_if_there(instead).await?;
        let renew = match args.refresh {
            true => Renew::Everything,
            false => Renew::Stale,
        };
        let looked_up = plan
            .as_ref()
            .map(|plan| LookedUp::new(plan, store.as_ref(), renew, app));
        Ok(Self {
            app,
            args,
            fields,
            plan,
            looked_up,
            policy: Arc::new(policy),
            store,
            answers: app.output().answers(args.format, is_several),
            has_failed: false,
            is_announced: false,
        })
    }

    /// Answers in the order of the questions. What is refused is reported; where values alone are printed it has an empty
    /// line, so that lines of answers are those of questions.
    async fn answer_texts(&mut self, texts: Vec<ReadText>) -> Result<(), CliError> {
        let output = self.app.output();
        let mut questions: Vec<Option<Subject>> = Vec::new();
        for ReadText {
            text,
            subjects,
            refused,
        } in texts
        {
            note_host_bits(&text.text, output);
            let checked = subjects
                .into_iter()
                .map(|subject| self.fields.check(&subject).map(|()| subject));
            for subject in refused.map(Err).into_iter().chain(checked) {
                match subject {
                    Ok(subject) => questions.push(Some(subject)),
                    Err(refused) => {
                        text.refuse(refused, output)?;
                        self.has_failed = true;
                        questions.push(None);
                    }
                }
            }
        }
        self.answer_all(&questions).await
    }

    async fn answer_all(&mut self, questions: &[Option<Subject>]) -> Result<(), CliError> {
        let addresses = questions.iter().filter_map(|question| match question {
            Some(Subject::Address(address)) => Some(*address),
            _ => None,
        });
        if let (Some(plan), Some(looked_up)) = (&self.plan, &mut self.looked_up) {
            if !std::mem::replace(&mut self.is_announced, true) {
                announce(self.app, plan);
            }
            looked_up.ask(addresses, self.app).await?;
        }
        for question in questions {
            match question {
                None if self.args.fields.is_empty() => {}
                None => self.app.output().text("\n")?,
                Some(subject @ Subject::Address(address)) => {
                    let answer = self.looked_up.as_ref().and_then(|it| it.answer(*address));
                    if let Some(answer) = answer {
                        self.answer_address(subject, &answer)?;
                    }
                }
                Some(subject @ Subject::Asn(asn)) => self.answer_asn(subject, *asn).await?,
                Some(subject @ Subject::Network(network)) => {
                    self.answer_network(subject, network).await?;
                }
            }
        }
        Ok(())
    }

    fn answer_address(&mut self, subject: &Subject, answer: &Answer) -> Result<(), CliError> {
        let (app, plan) = (self.app, self.plan.clone());
        let Some(plan) = plan.as_ref() else {
            return Ok(());
        };
        let (resolution, row) = (&answer.0, answer.1.as_ref());
        let is_plain = self.is_table() && !self.args.explain;
        for (is_failure, line) in explain::troubles(plan, resolution) {
            self.has_failed |= is_failure;
            match is_failure {
                true => app.output().failure(&line),
                false if is_plain => app.output().warning(&line),
                false => {}
            }
        }
        let answer = AddressAnswer {
            plan,
            resolution,
            row,
        };
        if !self.is_table() {
            return self.answer_programs(subject, &answer.record(app));
        }
        self.begin_block()?;
        answer.write(app)?;
        if self.args.explain {
            explain::write(app, plan, resolution)?;
        }
        Ok(())
    }

    async fn answer_asn(&mut self, subject: &Subject, asn: Asn) -> Result<(), CliError> {
        let store = self.store.clone();
        let Some(answer) = AsnAnswer::of(asn, store.as_deref(), &self.policy).await? else {
            self.has_failed = true;
            let why = match &store {
                Some(store) => format!(
                    "{asn} is not in {}; `ipcascade asn prefixes {asn}` lists what files have of it",
                    store.describe()
                ),
                None => {
                    let url = self.app.config().store_url()?;
                    format!("{asn} is not stored: there is no inventory at {url} yet")
                }
            };
            self.app.output().failure(&why);
            if !self.args.fields.is_empty() {
                // One line for each.
                self.fields.print(subject, &Record::default(), self.app)?;
            }
            return Ok(());
        };
        if !self.is_table() {
            return self.answer_programs(subject, &answer.record(&self.policy));
        }
        self.begin_block()?;
        answer.write(store.as_deref(), &self.policy, self.app).await
    }

    async fn answer_network(
        &mut self,
        subject: &Subject,
        network: &Network,
    ) -> Result<(), CliError> {
        let store = self.store.clone();
        let store = store.as_deref();
        let answer = NetworkAnswer::of(network, store, &self.policy, self.app).await?;
        if !self.is_table() {
            let record = answer.record(store, &self.policy).await?;
            return self.answer_programs(subject, &record);
        }
        self.begin_block()?;
        answer.write(store, self.app).await
    }

    /// Whether the answers are for people.
    const fn is_table(&self) -> bool {
        matches!(self.args.format, OutputFormat::Table) && self.args.fields.is_empty()
    }

    fn begin_block(&mut self) -> Result<(), CliError> {
        if self.answers.is_started() {
            self.app.output().text("\n")?;
        }
        self.answers.start();
        Ok(())
    }

    fn answer_programs(&mut self, subject: &Subject, record: &Record) -> Result<(), CliError> {
        match self.args.fields.is_empty() {
            true => self.answers.write(record)?,
            false => self.fields.print(subject, record, self.app)?,
        }
        Ok(())
    }
}

/// Reports which providers are asked online, or that no provider can be asked.
fn announce(app: &App<'_>, plan: &CascadePlan) {
    if plan.cascade.steps().is_empty() {
        app.output().warning(
            "no provider can be asked: only what is stored is shown; --mmdb FILE names an MMDB file, and \
             `ipcascade providers` shows what other providers need",
        );
    }
    if plan.cascade.goes_online() {
        app.output().notice(&plan.announcement());
    }
}
