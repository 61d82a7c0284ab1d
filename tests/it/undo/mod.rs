//! The way back (P11): `undo` gives users what the job took, and everything that reports the job says so.

mod changed_by_others;
mod give_back;
mod status_and_verify;
mod undone_job;
