//! Events, decisions, principals, sessions and reason codes: the versioned JSON contract.
