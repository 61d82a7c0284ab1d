//! The CSV files of a report: how a cell is written, and the rows of `report.csv` and `undo.csv`.

mod cells;
pub(in crate::report) mod report_table;
mod undo_table;

pub(crate) use cells::{Rows, cell_shows, cell_text};
pub(crate) use report_table::Table;
pub(in crate::report) use undo_table::UndoTable;
