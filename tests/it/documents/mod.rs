//! The documents, held against the program: each command in them is run, each output is what the program
//! prints, each message, flag and variable that they quote exists, and the book is whole.
//!
//! `just docs` makes anew what is made: the outputs by these tests (with `INSTA_UPDATE=always`), the
//! pictures by `docs/recording`.

mod book;
mod commands;
mod examples;
mod facts;
mod messages;
mod page;
mod pictures;
mod shell_session;
