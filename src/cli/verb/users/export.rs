//! `offboard users export`: signs in, reads the whole list of users, and writes it as a table.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};

use crate::cli::Exit;
use crate::cli::args::SettingsArgs;
use crate::cli::failure::Failure;
use crate::cli::json::{ExportForm, SCHEMA, VERSION};
use crate::cli::output::{Terminal, TerminalVoice};
use crate::engine::Signal;
use crate::export::{Column, ExportOrder, ExportProgress, PartError, PartFile, UserTable};
use crate::job::{JobError, Sessions, Setup};
use crate::lookup::{Inquirer, ListCursor, LookUpError, Until, Walk};
use crate::progress::LookUpProgress;
use crate::scim::ScimClient;
use crate::screen;
use crate::settings::{ProgressSettings, Settings};

/// Look at the provider's users.
#[derive(Debug, Args)]
pub(crate) struct UsersArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: UsersCommand,
}

/// The word that follows `users`.
#[derive(Debug, Subcommand)]
#[cfg_attr(
    not(test),
    expect(
        clippy::missing_docs_in_private_items,
        reason = "help shows the documentation of the arguments"
    )
)]
pub(crate) enum UsersCommand {
    Export(Box<ExportArgs>),
}

/// Write the provider's users as a CSV that serves as a roster.
///
/// With `-o FILE` an export that was interrupted is continued by the same command.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard users export -o users.csv --username admin@example.com
  offboard users export --filter 'active eq true' --columns user_id,user_name > active.csv")]
pub(crate) struct ExportArgs {
    /// The file [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Only users who fit this, in the provider's own language, such as `active eq true`.
    #[arg(long, value_name = "FILTER")]
    pub(crate) filter: Option<String>,

    /// These columns, in this order: `user_id`, `user_name`, `display_name`, `active`, `workspaces`
    /// [default: all].
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub(crate) columns: Vec<Column>,

    /// Print what was written as JSON.
    #[arg(long, requires = "output")]
    pub(crate) json: bool,

    /// How progress is shown on standard error.
    #[command(flatten)]
    pub(crate) progress: ProgressSettings,

    /// The settings of the provider and of this verb, from all sources.
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

pub(crate) async fn users(
    args: UsersArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    match args.command {
        UsersCommand::Export(args) => export(*args, sessions, terminal).await,
    }
}

async fn export(
    args: ExportArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    let finds = settings.connection.finds();
    if args.filter.is_some() && finds.names == 0 && !finds.active {
        return Err(Failure::new(
            Exit::Settings,
            "the provider cannot filter its users: its profile says so (`[scim.find]`)",
        )
        .hint("leave `--filter` out, and filter the table".to_owned()));
    }
    let order = ExportOrder {
        target: settings.connection.scim.to_string(),
        filter: args.filter,
        columns: if args.columns.is_empty() {
            Column::ALL.to_vec()
        } else {
            args.columns
        },
    };
    // A missing password, and a file that cannot be written, are found before any request is sent.
    let voice = TerminalVoice::new(terminal, args.progress.progress());
    let mode = voice.mode();
    let setup = Setup::new(&settings, Arc::new(voice), sessions)?;
    let mut sink = Sink::open(args.output.as_deref(), &order, terminal)?;
    let secret = setup.ask_secret()?;
    let mut signals = setup.voice.listen().map_err(JobError::Signals)?;
    let signed_in = tokio::select! {
        signed_in = setup.sign_in(secret) => signed_in?,
        signal = signals.next() => return Err(interrupted(signal)),
    };
    let inquirer = signed_in.inquirer(&settings);
    let mut progress = LookUpProgress::new(mode);
    let walked = tokio::select! {
        walked = walk(&inquirer, &order, &mut sink, &mut progress) => walked,
        signal = signals.next() => Err(interrupted(signal)),
    };
    drop(progress);
    walked?;
    sink.finish(args.output.as_deref().filter(|_| args.json), terminal)
}

async fn walk(
    inquirer: &Inquirer<ScimClient>,
    order: &ExportOrder,
    sink: &mut Sink,
    progress: &mut LookUpProgress,
) -> Result<(), Failure> {
    let place = sink.place.clone();
    let mut walk = Walk::new(inquirer, order.filter.clone(), Until::Likely, place);
    while let Some(users) = walk.next().await? {
        sink.place = walk.cursor().clone();
        let page = users.len().max(1) as u64;
        let rows = sink.table.rows(&users).map_err(PartError::from)?;
        if !sink.append(&rows)? {
            return Ok(());
        }
        let left = sink
            .place
            .total
            .unwrap_or(0)
            .saturating_sub(sink.place.passed);
        progress.show(
            "pages",
            "reading the list of users",
            inquirer.requests(),
            left.div_ceil(page),
        );
    }
    match walk.cut() {
        Some(why) => Err(LookUpError::NoList(why.to_owned()).into()),
        None => Ok(()),
    }
}

/// Where the rows are written, and the position in the list of users.
struct Sink {
    table: UserTable,
    place: ListCursor,
    /// The file that is being written; `None` for standard output.
    part: Option<PartFile>,
    /// Standard output, for rows without a file.
    out: Box<dyn Write>,
}

impl Sink {
    fn open(path: Option<&Path>, order: &ExportOrder, terminal: Terminal) -> Result<Self, Failure> {
        let mut table = UserTable::new(&order.columns);
        let Some(path) = path else {
            let header = table.header().map_err(PartError::from)?;
            let mut this = Self {
                table,
                place: ListCursor::default(),
                part: None,
                out: screen::stream(),
            };
            this.append(&header)?;
            return Ok(this);
        };
        let (part, place) = PartFile::open(path, order.clone(), &mut table)?;
        if place.passed > 0 {
            let rows = table.progress().users;
            terminal.note(format!(
                "going on after {rows} users that are written already"
            ));
        }
        Ok(Self {
            table,
            place,
            part: Some(part),
            out: screen::stream(),
        })
    }

    /// Writes rows. Returns false once the reader of standard output has closed the pipe.
    fn append(&mut self, rows: &[u8]) -> Result<bool, Failure> {
        let Some(part) = &mut self.part else {
            let out = &mut self.out;
            return match out.write_all(rows).and_then(|()| out.flush()) {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
                Err(error) => Err(Failure::new(
                    Exit::Settings,
                    format!("cannot write to standard output: {error}"),
                )),
            };
        };
        part.append(rows, &self.place, self.table.progress())?;
        Ok(true)
    }

    /// Ends the file, and prints what was written; as JSON if the file is given. A list that is known to lack users
    /// is no success.
    fn finish(self, json: Option<&Path>, terminal: Terminal) -> Result<Exit, Failure> {
        let ExportProgress { users, duplicates } = self.table.progress();
        if duplicates > 0 {
            terminal.note(format!(
                "{duplicates} users were shown twice and have one row"
            ));
        }
        let total = self.place.total;
        if let Some(total) = total
            && total != users + duplicates
        {
            terminal.warn(&format!(
                "warning: the provider says that there are {total} users, and has shown {users}: \
                 the list may have changed meanwhile; export again to be sure"
            ));
        }
        if let Some(part) = self.part {
            part.finish()?;
        }
        terminal.note(format!("{users} users"));
        if let Some(file) = json {
            terminal.json(&ExportForm {
                schema: SCHEMA,
                version: VERSION,
                file: file.display().to_string(),
                users,
                duplicates,
                total,
            })?;
        }
        let is_short = total.is_some_and(|total| total > users + duplicates);
        Ok(if is_short { Exit::Trouble } else { Exit::Done })
    }
}

fn interrupted(signal: Signal) -> Failure {
    let message = format!("{}: the export is not complete", signal.as_str());
    Failure::new(Exit::Interrupted(signal), message)
        .hint("with `-o FILE` the same command continues".to_owned())
}
