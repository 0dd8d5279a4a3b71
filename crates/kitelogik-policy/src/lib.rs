//! Rego policies from a directory: dialects, units, scope, version.
