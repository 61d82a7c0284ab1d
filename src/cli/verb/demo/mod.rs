//! `offboard demo`: the story, its folder and roster, and the comparison with the sandbox's books.

mod demo_folder;
mod demo_roster;
mod provider_books;
mod story;

pub(crate) use story::{DemoArgs, demo};
