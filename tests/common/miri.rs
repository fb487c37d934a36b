//! Miri is some thousand times slower than the machine. What is tried completely elsewhere is tried there in samples.

/// The step of a loop: 1, and under Miri so many.
pub const fn one_in(many: usize) -> usize {
    if cfg!(miri) { many } else { 1 }
}
