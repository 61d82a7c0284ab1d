//! What durability costs.

fn main() {}
