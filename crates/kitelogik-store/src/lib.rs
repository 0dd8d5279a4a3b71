//! Session stores behind one contract suite.
