//! Signing in: where the secret comes from, which issuer gives tokens for it, and the client that has signed in.

mod issuer;
mod keyring;
mod secret_prompt;
mod signed_in;

pub(crate) use issuer::SecretError;
pub use signed_in::Sessions;
pub(crate) use signed_in::SignedIn;

pub(super) use secret_prompt::{find_secret, known_secret};
pub(super) use signed_in::refused;
