//! `report.html`: the whole report in one file, for people. It needs no network and no program but a
//! browser. Without scripts it still shows all that matters, except for the searchable table.
//!
//! What is small is read first (`facts`), put into words (`page`) and drawn (`chart`). The lines of the
//! roster follow as data and are streamed (`line_data`), so that memory does not grow with the job.
//! Nothing here knows SQL, or where the file goes.

mod background;
mod facts;
mod headline;
mod line_data;
mod page;
mod page_lines;
mod policy;
mod table_rows;
mod words;

pub(in crate::report) use page::write;
