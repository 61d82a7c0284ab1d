//! The evidence: what a job leaves behind can be checked by anybody, and nothing in it can be changed
//! unseen.

mod cells;
mod ledger;
mod made;
mod mix;
mod past;
mod redacted;
mod scale;
mod script;
mod tamper;
mod whole;
