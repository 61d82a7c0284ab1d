//! What people and their programs are told: the next command, names, `latest`, colours, JSON, and who is notified.

mod after_a_stop;
mod colors;
mod json_output;
mod latest_job;
mod next_commands;
mod notification;
mod password_keyring;
mod tolerance;
