//! House rules and chores, as functions, so that tests can hold them.

pub mod tidy;
