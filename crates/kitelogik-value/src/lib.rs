//! Values, exact numbers, their order, and a bounded JSON reader and writer.
