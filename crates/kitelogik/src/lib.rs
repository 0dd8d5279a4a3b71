//! Governance for AI agents: the Rust facade and only composition root.
