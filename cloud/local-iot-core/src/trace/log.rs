//! The entries that are kept, and who follows them.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::broadcast;

use super::entry::TraceEntry;

/// Called with every entry as it is recorded, on the emulator's own threads.
pub type TraceCallback = Arc<dyn Fn(&TraceEntry) + Send + Sync>;

/// Of all entries that are kept, about.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// The entries so far, bounded.
pub(crate) struct Trace {
    kept: Mutex<Entries>,
    grown: Condvar,
    capacity: usize,
    callback: Option<TraceCallback>,
    feed: broadcast::Sender<Arc<TraceEntry>>,
}

#[derive(Default)]
struct Entries {
    entries: VecDeque<Arc<TraceEntry>>,
    bytes: usize,
    recorded: usize,
}

impl Entries {
    fn all(&self) -> Vec<TraceEntry> {
        let entries = self.entries.iter();
        entries.map(|entry| TraceEntry::clone(entry)).collect()
    }
}

impl Trace {
    pub(crate) fn new(capacity: usize, callback: Option<TraceCallback>) -> Self {
        let (feed, _) = broadcast::channel(256);
        Self {
            feed,
            kept: Mutex::default(),
            grown: Condvar::new(),
            capacity: capacity.max(1),
            callback,
        }
    }

    pub(crate) fn record(&self, mut entry: TraceEntry) {
        entry.cut();
        if let Some(callback) = &self.callback {
            callback(&entry);
        }
        let entry = Arc::new(entry);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += entry.bytes();
        kept.entries.push_back(Arc::clone(&entry));
        while kept.entries.len() > self.capacity
            || (kept.bytes > MOST_BYTES && kept.entries.len() > 1)
        {
            let oldest = kept.entries.pop_front();
            kept.bytes -= oldest.map_or(0, |oldest| oldest.bytes());
        }
        // Inside the lock, so that no follower misses it or sees it twice. An error means that nobody follows.
        let _ = self.feed.send(entry);
        kept.recorded += 1;
        drop(kept);
        self.grown.notify_all();
    }

    pub(crate) fn entries(&self) -> Vec<TraceEntry> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.all()
    }

    /// The entries so far, and every later one. A receiver that reads too slowly gets the number of entries it missed.
    pub(crate) fn follow(&self) -> (Vec<TraceEntry>, broadcast::Receiver<Arc<TraceEntry>>) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let live = self.feed.subscribe();
        (kept.all(), live)
    }

    pub(crate) fn wait(&self, recorded: usize, limit: Duration) -> Vec<TraceEntry> {
        let end = Instant::now() + limit;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        while kept.recorded < recorded {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            kept = match self.grown.wait_timeout(kept, left) {
                Ok((kept, _)) => kept,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        kept.all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::entry::tests::entry;
    use crate::trace::entry::{Invocation, LONGEST};

    #[test]
    fn the_oldest_entries_are_forgotten() {
        let trace = Trace::new(2, None);
        for reason in ["one", "two", "three"] {
            trace.record(entry(reason));
        }
        let reasons: Vec<_> = trace.entries().into_iter().map(|e| e.reason).collect();
        assert_eq!(reasons, ["two", "three"]);
    }

    #[test]
    fn long_texts_are_cut() {
        let trace = Trace::new(1, None);
        let long = "é".repeat(LONGEST + 1);
        trace.record(TraceEntry {
            notes: vec![long.clone()],
            policy: Some(long.clone()),
            ..entry(&long)
        });
        let cut = trace.entries().remove(0);
        for text in [&cut.reason, &cut.notes[0], cut.policy.as_ref().unwrap()] {
            assert_eq!(*text, "é".repeat(LONGEST) + "...");
        }
    }

    #[test]
    fn entries_with_much_in_them_are_forgotten_earlier() {
        let trace = Trace::new(1000, None);
        let printed = Invocation {
            function: "f".to_owned(),
            succeeded: true,
            cached: false,
            waited: Duration::ZERO,
            duration: Duration::ZERO,
            output: vec!["x".repeat(MOST_BYTES / 10)],
        };
        for _ in 0..20 {
            trace.record(TraceEntry {
                invocation: Some(printed.clone()),
                ..entry("it printed")
            });
        }
        assert_eq!(trace.entries().len(), 9);
        trace.record(TraceEntry {
            notes: vec![String::new(); MOST_BYTES / size_of::<String>()],
            ..entry("too large by itself")
        });
        assert_eq!(trace.entries().len(), 1);
    }

    #[test]
    fn a_follower_gets_each_entry_once() {
        let trace = Trace::new(9, None);
        trace.record(entry("before"));
        let (past, mut live) = trace.follow();
        trace.record(entry("after"));
        assert_eq!(past.len(), 1);
        assert_eq!(live.try_recv().unwrap().reason, "after");
        assert!(live.try_recv().is_err());
    }

    #[test]
    fn waiting_returns_what_there_is_when_the_time_is_over() {
        let trace = Trace::new(2, None);
        trace.record(entry("one"));
        assert_eq!(trace.wait(1, Duration::ZERO).len(), 1);
        assert_eq!(trace.wait(2, Duration::from_millis(1)).len(), 1);
    }
}
