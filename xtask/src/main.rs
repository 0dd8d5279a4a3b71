//! House rules and chores, as commands.

fn main() {}
