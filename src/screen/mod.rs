//! The one place that prints. Control characters are escaped first, so that a terminal never obeys text from outside:
//! names, ids, a provider's words, file names, arguments. Colours are the only escapes that are written, and only this
//! room writes them.
//!
//! It must not know what the text is about.

mod color;
mod painted;
mod streams;

pub(crate) use color::{ColorChoice, use_colors};
pub(crate) use painted::{Paint, Painted};
pub(crate) use streams::{
    Cleaned, ask, beside_data, can_ask, can_draw, columns, data, log, rows, say, shows_data, stream,
};
