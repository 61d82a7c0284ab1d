//! The command line: what was typed, what it means, what is printed, and the exit code.
//!
//! One verb, one file in `verb`, with its arguments beside it. Data goes to standard output, everything else to
//! standard error. No other room knows this one.

mod args;
mod command_line;
mod dispatch;
mod exit;
mod failure;
mod json;
mod next;
mod output;
mod process;
mod typed;
mod verb;

pub use command_line::Cli;
pub use dispatch::main;
pub(crate) use exit::Exit;
pub use typed::command;
