//! The rules of the source tree, checked by reading it: what a room may import, how files are laid out,
//! that type names are unique, where the systems differ, and that documents and snapshots refer to what exists.

mod dependencies;
mod documents;
mod layout;
mod names;
mod platform;
mod scan;
mod snapshots;
mod sources;
