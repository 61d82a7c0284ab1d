//! What commands print, and where: data to standard output, everything else to standard error.

mod job_result;
mod outcome_table;
mod terminal;
mod terminal_voice;

pub(crate) use job_result::{Printed, failed_users, lister, nothing_to_do, print_result, troubled};
pub(crate) use outcome_table::{SHOWN, chain_head, drift, failure, failures, paint_of, totals};
pub(crate) use terminal::Terminal;
pub(crate) use terminal_voice::TerminalVoice;
