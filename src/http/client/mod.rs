//! The client: sends one request, reads the reply, and explains why there is none.

mod body_coding;
mod connection_advice;
mod http_client;
mod transport_error;

pub(crate) use http_client::{Http, HttpError, HttpSettings, Network};
