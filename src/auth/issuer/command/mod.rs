//! Gets a token from a program that the administrator names.

mod pipe;
mod token_command;

pub(crate) use token_command::{FromCommand, TokenCommand};
