//! The charts of `report.html`: pure functions from numbers to shapes, and templates from shapes to SVG.
//!
//! A chart has no style of its own. Its classes name what a shape is, and the page's style sheet says how
//! that looks by day, by night and on paper. Each chart is drawn for a given width, since text that is
//! scaled down with a drawing cannot be read on a phone.

pub(super) mod answer_times;
pub(super) mod axis;
pub(super) mod outcome_share;
pub(super) mod users_over_time;
