//! Values as people write them: lengths of time, moments, parts of addresses, and numbers without quotes.

mod color_mode;
mod log_format;
mod moment;
mod raw_value;
mod span;
mod url_parts;

pub(crate) use color_mode::ColorMode;
pub(crate) use log_format::LogFormat;
pub(crate) use moment::is_past;
pub(crate) use span::Span;
pub(crate) use url_parts::{UrlPart, UrlParts};

pub(super) use moment::moment;
pub(super) use raw_value::RawValue;
pub(super) use span::some_time;
