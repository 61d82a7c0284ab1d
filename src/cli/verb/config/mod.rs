//! `offboard config`: writes a settings file, shows what counts at present and why, and lists the profiles.

mod config_command;
mod profiles;

pub(crate) use config_command::{ConfigArgs, ConfigCommand, config};
