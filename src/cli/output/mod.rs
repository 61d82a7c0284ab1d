//! What commands print, and where: data to standard output, everything else to standard error.

mod job_result;
mod outcome_table;
mod terminal;
mod terminal_voice;

pub(crate) use job_result::{failed_users, print_result};
pub(crate) use outcome_table::{SHOWN, chain_head, drift, failures, totals};
pub(crate) use terminal::Terminal;
pub(crate) use terminal_voice::TerminalVoice;
