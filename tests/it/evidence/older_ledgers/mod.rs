//! Ledgers that earlier versions have written: they are read as before, and their jobs continue.

mod ledger_of_0_1_0;
mod ledger_without_chain;
