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
#![forbid(unsafe_code)]

pub mod audit;
pub mod auth;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod export;
pub mod files;
pub mod http;
pub mod job;
pub mod ledger;
pub mod lookup;
pub mod pace;
pub mod plan;
pub mod port;
pub mod progress;
pub mod report;
pub mod roster;
pub mod sandbox;
pub mod scim;
pub mod screen;
pub mod sending;
pub mod settings;
