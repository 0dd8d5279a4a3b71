//! The audit log: one record, one line of JSON, one write.
