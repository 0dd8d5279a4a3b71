//! Fakes for core ports and shared test data.
