//! `offboard` removes the access of many users over SCIM 2.0 and proves what it did.
//!
//! A roster line moves one way through the crate:
//!
//! ```text
//! roster ─ lines ─▶ ledger ─ page ─▶ engine ─ request ─▶ scim ─▶ the provider
//!                      ▲                │  ▲                │
//!                      └─── entries ────┘  └─── answer ─────┘
//! ledger ─ rows ─▶ report
//! ```
//!
//! The tests in `tests/it/layering` check which room may import which one: see ARCHITECTURE.md.
#![deny(unsafe_code)]

pub mod audit;
mod auth;
pub mod cli;
pub mod domain;
pub mod engine;
mod export;
mod files;
mod http;
pub mod job;
pub mod ledger;
pub mod lookup;
pub mod pace;
mod plan;
mod platform;
mod port;
mod progress;
pub mod report;
pub mod roster;
pub mod sandbox;
mod scim;
mod screen;
mod sending;
pub mod settings;
mod worker;
