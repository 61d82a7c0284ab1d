//! `verify` reads the users again; users that have changed since the job have drifted.

mod drift;
mod reported;
