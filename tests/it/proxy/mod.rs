//! Requests through an HTTP proxy.

mod routes;
mod tunnel;
