//! How deep a value of a batch may be nested.

/// How many levels of arrays and objects a value may have. Every reader has such a limit; this one is
/// below the usual ones.
pub const MAX_DEPTH: usize = 16;
