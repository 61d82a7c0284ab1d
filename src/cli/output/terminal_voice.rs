//! The command line as the voice of a job: notes, warnings and progress go to standard error, questions to the
//! terminal.

use std::io;

use crate::cli::output::Terminal;
use crate::cli::process::signals::{self, StatusRequests};
use crate::job::{JobError, RunProgress, Signals, Voice};
use crate::lookup::LookUpStatus;
use crate::progress::{LookUpProgress, Progress, ProgressMode};

/// The voice of the command line.
#[derive(Debug)]
pub(crate) struct TerminalVoice {
    terminal: Terminal,
    mode: ProgressMode,
    status: Option<StatusRequests>,
}

impl TerminalVoice {
    /// A voice for a command that shows progress in this mode; in quiet mode it shows none.
    pub(crate) fn new(terminal: Terminal, mode: ProgressMode) -> Self {
        // Events for a program are asked for by name, and are no noise.
        let mode = if terminal.is_quiet() && mode != ProgressMode::Json {
            ProgressMode::Off
        } else {
            mode
        };
        Self {
            terminal,
            mode,
            status: None,
        }
    }

    /// How progress is shown.
    pub(crate) fn mode(&self) -> ProgressMode {
        self.mode
    }

    /// The same for a command that runs a job: SIGUSR1 prints the state of the run. By default this signal ends a
    /// process, so it is listened to from the beginning.
    pub(crate) fn of_a_run(terminal: Terminal, mode: ProgressMode) -> Result<Self, JobError> {
        let status = StatusRequests::listen().map_err(JobError::Signals)?;
        Ok(Self {
            status: Some(status),
            ..Self::new(terminal, mode)
        })
    }
}

impl Voice for TerminalVoice {
    fn note(&self, text: &str) {
        self.terminal.note(text);
    }

    fn warn(&self, text: &str) {
        self.terminal.warn(text);
    }

    fn can_ask(&self) -> bool {
        self.terminal.can_ask()
    }

    fn ask(&self, question: &str) -> io::Result<String> {
        self.terminal.ask(question)
    }

    fn ask_secret(&self, question: &str) -> io::Result<String> {
        self.terminal.ask_secret(question)
    }

    fn listen(&self) -> io::Result<Signals> {
        signals::listen()
    }

    fn look_up_progress(&self) -> Box<dyn FnMut(LookUpStatus)> {
        let mut progress = LookUpProgress::new(self.mode);
        Box::new(move |look| {
            let (method, words) = (look.strategy.as_str(), look.strategy.in_words());
            progress.show(method, words, look.requests, look.left);
        })
    }

    fn run_progress(&self) -> Box<dyn RunProgress> {
        let progress = Progress::new(self.mode);
        Box::new(match &self.status {
            Some(status) => progress.asked_by(status.flag()),
            None => progress,
        })
    }
}

impl RunProgress for Progress {
    fn is_seen(&self) -> bool {
        Progress::is_seen(self)
    }
}
