//! The report as a workbook of Excel: the users on one sheet, the job in numbers on another.
//!
//! It is for people who sort and filter. It is no evidence: `audit` checks `report.csv` and the events.

mod sheet;
mod summary_sheet;
mod users_sheet;
mod workbook_file;

pub(in crate::report) use workbook_file::write;
