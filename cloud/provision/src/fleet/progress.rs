//! A bar on a terminal; lines for a log or a program, at most ten.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const LINES: usize = 10;

pub(super) struct Progress {
    pub(super) bar: ProgressBar,
    total: usize,
    /// Locked until its line is written: several threads step, and no line may overtake another.
    done: Mutex<usize>,
}

impl Progress {
    pub(super) fn new(total: usize) -> Self {
        let style = ProgressStyle::with_template(
            "{bar:40} {human_pos} of {human_len} devices, {per_sec}, {eta} left",
        );
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr())
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self {
            bar,
            total,
            done: Mutex::new(0),
        }
    }

    pub(super) fn step(&self) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        *done += 1;
        if self.bar.is_hidden()
            && (*done == self.total || done.is_multiple_of(self.total.div_ceil(LINES)))
        {
            // Nobody may listen any more; that is no reason to stop.
            let _ = writeln!(std::io::stderr(), "{done} of {} devices", self.total);
        }
    }
}
