//! Rosters that people have: bad lines, and files as spreadsheets write them.

mod bad_lines;
mod spreadsheets;
