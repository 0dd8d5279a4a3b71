//! The governor: one pipeline from event to decision. No clock, file, socket, thread or runtime.
