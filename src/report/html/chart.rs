//! Charts: pure functions from numbers to shapes, and templates from shapes to SVG.
//!
//! No chart has a style of its own: classes name what a shape is, and the page's style says how that
//! looks by day, by night and on paper. Each is drawn for a given width, since text that shrinks with
//! a drawing cannot be read on a phone.

pub(super) mod answers;
pub(super) mod axis;
pub(super) mod progress;
pub(super) mod share;

/// Width of a drawing on a desktop and on paper, in CSS pixels.
pub(super) const WIDE: u32 = 920;

/// Width of a drawing on a phone, in CSS pixels.
pub(super) const NARROW: u32 = 340;
