//! What the command line prints and writes: help, progress, exit codes, tables, and the files that
//! verbs make.

mod check;
mod config_and_roster;
mod demo;
mod help;
mod jobs_and_explain;
mod output_files;
mod progress;
mod terminal_text;
mod users_export;
