//! Each way to sign in, from the command line to the token service of the sandbox.

mod certificate;
mod credential_forms;
mod device_grant;
mod kinds;
pub(crate) mod openssl;
pub(crate) mod setup;
mod sign_out;
mod token_command;
mod wrong_account;
