//! The rules of the source tree, checked by reading it: what a room may import, how files are laid out,
//! that type names are unique, and that documents and snapshots refer to what exists.

mod dependencies;
mod documents;
mod layout;
mod names;
mod scan;
mod snapshots;
mod sources;
