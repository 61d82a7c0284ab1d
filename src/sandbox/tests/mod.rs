//! The sandbox from outside: every test here talks HTTP to a running one.

mod fault_injection;
mod grants;
mod life;
mod lists;
mod sandbox_bed;
mod token_service;
mod writes;
