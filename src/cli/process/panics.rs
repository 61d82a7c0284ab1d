//! Panics: a panic is a bug. It ends the program with a message that says so, and with exit code 1.
//!
//! The message names the place in the source. It has the panic's own words only where they are a constant of the
//! program: words that were made at run time may hold a secret.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::Exit;
use crate::cli::output::Terminal;

/// Whether any thread or task has panicked.
static HAPPENED: AtomicBool = AtomicBool::new(false);

/// From now on a panic on any thread prints that it is a bug.
pub(crate) fn watch() {
    std::panic::set_hook(Box::new(|info| {
        HAPPENED.store(true, Ordering::Relaxed);
        let terminal = Terminal::new(false, false);
        let place = info.location().map(ToString::to_string);
        terminal.warn(&words(place, constant(info.payload())));
        let trace = Backtrace::capture();
        if trace.status() == BacktraceStatus::Captured {
            terminal.warn(&trace.to_string());
        }
    }));
}

/// Runs `work`. The exit code is that of a bug if `work`, or a task that it has started, panicked.
pub(crate) fn guard(work: impl FnOnce() -> Exit) -> Exit {
    // After a panic the process ends, so what `work` leaves behind is not used again.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(exit) if !HAPPENED.load(Ordering::Relaxed) => exit,
        Ok(_) | Err(_) => Exit::Bug,
    }
}

fn words(place: Option<String>, message: Option<&str>) -> String {
    let place = place.unwrap_or_else(|| "an unknown place".to_owned());
    let version = env!("CARGO_PKG_VERSION");
    let message = message.map(|message| format!(": {message}"));
    let message = message.unwrap_or_default();
    format!(
        "error: this is a bug in offboard {version}, at {place}{message}\n\
         hint: report this line; a job is in its ledger as far as it was done, and the same command \
         continues it"
    )
}

/// The message, if it is part of the program and not made at run time.
fn constant(payload: &(dyn Any + Send)) -> Option<&'static str> {
    payload.downcast_ref::<&'static str>().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_with_the_exit_code_of_a_bug() {
        assert_eq!(guard(|| Exit::Trouble), Exit::Trouble);
        assert_eq!(guard(|| panic!("planned by a test")), Exit::Bug);
        let words = words(Some("src/x.rs:1:2".to_owned()), Some("a constant"));
        let start = concat!(
            "error: this is a bug in offboard ",
            env!("CARGO_PKG_VERSION")
        );
        assert!(
            words.starts_with(&format!("{start}, at src/x.rs:1:2: a constant\n")),
            "{words}"
        );
    }

    #[test]
    fn p10_a_message_that_was_made_at_run_time_is_not_shown() {
        let constant_of = |panic: fn()| {
            let payload = catch_unwind(panic).unwrap_err();
            constant(payload.as_ref())
        };
        assert_eq!(constant_of(|| panic!("constant")), Some("constant"));
        let made = constant_of(|| std::panic::panic_any(format!("planted {}", std::process::id())));
        assert_eq!(made, None);
    }
}
