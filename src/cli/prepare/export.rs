//! `offboard users export`: signs in, walks through the provider's users, and writes them down.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

use crate::cli::Exit;
use crate::cli::args::{ExportArgs, UsersArgs, UsersCommand};
use crate::cli::failure::Failure;
use crate::cli::job::{known_secret, secret_source, sign_in};
use crate::cli::signals::Signals;
use crate::cli::terminal::Terminal;
use crate::export::{Column, ExportOrder, ExportProgress, PartError, PartFile, UserTable};
use crate::lookup::{Inquirer, InquirySettings, LookUpError, Place, Until, Walk};
use crate::progress::{Looking, ProgressMode};
use crate::scim::ScimClient;
use crate::screen;
use crate::settings::Settings;

pub(in crate::cli) async fn users(args: UsersArgs, terminal: Terminal) -> Result<Exit, Failure> {
    match args.command {
        UsersCommand::Export(args) => export(*args, terminal).await,
    }
}

impl From<PartError> for Failure {
    fn from(error: PartError) -> Self {
        let hint = error.hint().map(str::to_owned);
        Self::new(Exit::Settings, error).hint(hint)
    }
}

async fn export(args: ExportArgs, terminal: Terminal) -> Result<Exit, Failure> {
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
    // A password that cannot be had, and a file that cannot be written, are known before anything is
    // sent.
    let secret = secret_source(&settings.connection, terminal)?;
    let mut sink = Sink::open(args.output.as_deref(), &order, terminal)?;
    let secret = known_secret(secret, &settings.connection, terminal)?;
    let (_listening, mut signals) = Signals::listen()?;
    let signed_in = tokio::select! {
        signed_in = sign_in(&settings, secret, terminal) => signed_in?,
        Some(signal) = signals.recv() => return Err(interrupted(signal)),
    };
    let inquirer = Inquirer::new(
        Arc::clone(&signed_in.client),
        Arc::clone(&signed_in.pace),
        InquirySettings {
            concurrency: settings.concurrency,
            throttle_wait: settings.throttle_wait,
            max_outage: settings.limits.outage,
            finds,
        },
    );
    let mode = if terminal.is_quiet() {
        ProgressMode::Off
    } else {
        args.progress.progress()
    };
    let mut looking = Looking::new(mode);
    let walked = tokio::select! {
        walked = walk(&inquirer, &order, &mut sink, &mut looking) => walked,
        Some(signal) = signals.recv() => Err(interrupted(signal)),
    };
    looking.end();
    walked?;
    sink.finish(terminal)
}

async fn walk(
    inquirer: &Inquirer<ScimClient>,
    order: &ExportOrder,
    sink: &mut Sink,
    looking: &mut Looking,
) -> Result<(), Failure> {
    let place = sink.place.clone();
    let mut walk = Walk::new(inquirer, order.filter.clone(), Until::Likely, place);
    while let Some(users) = walk.next().await? {
        sink.place = walk.place().clone();
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
        looking.tell("pages", inquirer.requests(), left.div_ceil(page));
    }
    match walk.cut() {
        Some(why) => Err(LookUpError::NoList(why.to_owned()).into()),
        None => Ok(()),
    }
}

/// Where the rows go, and how far the walk has come.
struct Sink {
    table: UserTable,
    place: Place,
    /// The file under way; none if it is standard output.
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
                place: Place::default(),
                part: None,
                out: screen::stream(),
            };
            this.append(&header)?;
            return Ok(this);
        };
        let (part, place) = PartFile::open(path, order.clone(), &mut table)?;
        if place.passed > 0 {
            let rows = table.progress().users;
            terminal.note(&format!(
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

    /// A list that is known to lack users is no success.
    fn finish(self, terminal: Terminal) -> Result<Exit, Failure> {
        let ExportProgress { users, duplicates } = self.table.progress();
        if duplicates > 0 {
            terminal.note(&format!(
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
        terminal.note(&format!("{users} users"));
        let is_short = total.is_some_and(|total| total > users + duplicates);
        Ok(if is_short { Exit::Trouble } else { Exit::Done })
    }
}

fn interrupted(signal: crate::engine::Signal) -> Failure {
    let message = format!("{}: the export is not complete", signal.as_str());
    Failure::new(Exit::Interrupted(signal), message)
        .hint("with `-o FILE` the same command continues".to_owned())
}
