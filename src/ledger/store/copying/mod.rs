//! Copying a job from one ledger to another, also from a file to a database and back.

mod copied_job;
mod copied_table;

#[cfg(test)]
mod tests;
