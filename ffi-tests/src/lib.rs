//! Proves the C face.
