//! Progress of a job that another process works on, as the ledger shows it.

use indicatif::{ProgressBar, ProgressStyle};

use crate::progress::{ProgressMode, lines};

/// What a person sees who watches.
#[derive(Debug)]
pub struct Watching {
    bar: Option<ProgressBar>,
    /// What was said last: the same is not said again.
    said: String,
}

impl Default for Watching {
    fn default() -> Self {
        Self::new()
    }
}

impl Watching {
    /// A bar on a terminal, lines elsewhere; on standard error.
    pub fn new() -> Self {
        let is_bar = ProgressMode::Auto.shown() == ProgressMode::Bar;
        Self {
            bar: is_bar.then(bar),
            said: String::new(),
        }
    }

    /// So many of so many users have an outcome, for so many a bad one; `words` say who is at work.
    pub fn tell(&mut self, done: u64, users: u64, trouble: u64, words: &str) {
        let trouble = match trouble {
            0 => String::new(),
            lines => format!(", {lines} in trouble"),
        };
        if let Some(bar) = &self.bar {
            bar.set_length(users);
            bar.set_position(done);
            bar.set_message(format!("{words}{trouble}"));
            return;
        }
        let text = format!("{done} of {users} users{trouble}; {words}");
        if text != self.said {
            lines::say(&text);
            self.said = text;
        }
    }

    /// There is nothing more to see.
    pub fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = "{bar:30} {pos} of {len} users, {eta} left; {msg}";
    bar.with_style(
        ProgressStyle::with_template(style).expect("the template's names are those of indicatif"),
    )
}
