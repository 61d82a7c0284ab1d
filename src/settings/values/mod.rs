//! Values as people write them: lengths of time, moments, parts of addresses, and numbers without quotes.

mod moment;
mod raw_value;
mod span;
mod url_parts;

pub use moment::is_past;
pub use span::Span;
pub use url_parts::{UrlPart, UrlParts};

pub(super) use moment::moment;
pub(super) use raw_value::RawValue;
pub(super) use span::some_time;
