//! The command line of Kite Logik.
