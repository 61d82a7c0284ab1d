//! OAuth device grant (RFC 8628): a person approves a code once, and refresh tokens do the rest.

mod device_flow;
#[cfg(test)]
mod tests;

pub(crate) use device_flow::{Device, DevicePrompt, DeviceService};
