//! Gets a token from a program that the user names.

mod pipe;
mod token_command;

pub use token_command::{FromCommand, Speaker, TokenCommand};
