//! Look-ups at a scripted provider, on paused time: which requests are made, and what odd answers cost.

mod beliefs;
mod fake_provider;
mod memory_register;
mod odd_names;
mod oddities;
mod properties;
mod strategies;
mod support;
