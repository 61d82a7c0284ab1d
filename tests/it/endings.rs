//! How a job ends when few are left, when one user is refused, or when the provider is out: every loop
//! is bounded, an outage is waited for, and the reason is said.

mod bounded;
mod few;
mod refused;
mod role;
mod told;
