//! The Rego language: parser, compiler and evaluator. Knows nothing of agents.
