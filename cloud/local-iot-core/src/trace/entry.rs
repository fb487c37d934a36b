//! One entry a request: what was answered, and the reason that the answer itself never gives.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::broadcast;

/// What became of one request, or of one connection that never sent a whole request.
/// It never holds a token or a signature. `Display` is the trace line.
#[derive(Clone, Debug)]
pub struct TraceEntry {
    /// When it was decided.
    pub time: SystemTime,
    /// Equal to the answer's `x-amzn-RequestId`; `None` if there was no HTTP answer.
    pub request_id: Option<String>,
    /// Whether the message was taken.
    pub accepted: bool,
    /// The HTTP status; `None` if there was no HTTP answer.
    pub status: Option<u16>,
    /// The topic, once it could be read.
    pub topic: Option<String>,
    /// The authorizer that the request was resolved to, or the name it asked for in vain.
    pub authorizer: Option<String>,
    /// The run of the authorizer's function, if it came to one.
    pub invocation: Option<Invocation>,
    /// What the policy says about the publish, once there is a policy.
    pub policy: Option<String>,
    /// Why, and by what.
    pub reason: String,
    /// What works here but may surprise on AWS.
    pub notes: Vec<String>,
}

/// One run of an authorizer function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The function's name.
    pub function: String,
    /// Whether it answered within its time and without an error.
    pub succeeded: bool,
    /// Whether an answer that it gave earlier on this connection was used instead of asking it again.
    pub cached: bool,
    /// How long it took.
    pub duration: Duration,
    /// What it printed, line by line; bounded, and with the request's credentials cut out.
    pub output: Vec<String>,
}

impl fmt::Display for TraceEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.accepted {
            "ACCEPTED"
        } else {
            "REFUSED "
        };
        write!(f, "{} {verdict}", httpdate::fmt_http_date(self.time))?;
        match self.status {
            Some(status) => write!(f, " {status}")?,
            None => write!(f, " ---")?,
        }
        // What a client chose is escaped, so that it cannot forge a second line or steer a terminal.
        if let Some(topic) = &self.topic {
            write!(f, " topic={}", topic.escape_debug())?;
        }
        if let Some(authorizer) = &self.authorizer {
            write!(f, " authorizer={}", authorizer.escape_debug())?;
        }
        write!(f, ": {}", one_line(&self.reason))?;
        let printed = self.invocation.iter().flat_map(|i| &i.output);
        for line in printed {
            write!(f, "; printed: {}", one_line(line))?;
        }
        for note in &self.notes {
            write!(f, "; note: {}", one_line(note))?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [{id}]")?;
        }
        Ok(())
    }
}

fn one_line(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = c.is_control().then(|| c.escape_debug());
            let plain = (!c.is_control()).then_some(c);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// Called with every entry as it is recorded, from the stand-in's own threads.
pub type TraceCallback = Arc<dyn Fn(&TraceEntry) + Send + Sync>;

/// Characters of one text in an entry; a function may say megabytes.
const LONGEST: usize = 4096;
/// Of all entries that are kept, about.
const MOST_BYTES: usize = 32 * 1024 * 1024;

impl TraceEntry {
    fn cut(&mut self) {
        let texts = self.policy.iter_mut().chain(&mut self.notes);
        for text in texts.chain([&mut self.reason]) {
            if let Some((end, _)) = text.char_indices().nth(LONGEST) {
                text.truncate(end);
                text.push_str("...");
            }
        }
    }

    fn bytes(&self) -> usize {
        let output = self.invocation.iter().flat_map(|i| &i.output);
        let texts = [&self.topic, &self.authorizer, &self.policy];
        let texts = texts.into_iter().flatten().chain([&self.reason]);
        let texts = texts.chain(&self.notes).chain(output);
        let length: usize = texts.map(|text| size_of::<String>() + text.len()).sum();
        size_of::<Self>() + length
    }
}

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

    /// The entries so far, and every one from then on. Who reads too slowly is told how many it missed.
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

    fn entry(reason: &str) -> TraceEntry {
        TraceEntry {
            time: SystemTime::UNIX_EPOCH,
            request_id: Some("an-id".to_owned()),
            accepted: false,
            status: Some(403),
            topic: Some("a\nb".to_owned()),
            authorizer: Some("x\u{1b}[2J".to_owned()),
            invocation: None,
            policy: None,
            reason: reason.to_owned(),
            notes: vec!["mind this".to_owned()],
        }
    }

    #[test]
    fn a_line_says_all_of_it_and_stays_one_line() {
        assert_eq!(
            entry("because\r\nof this").to_string(),
            "Thu, 01 Jan 1970 00:00:00 GMT REFUSED  403 topic=a\\nb authorizer=x\\u{1b}[2J: because\\r\\nof this; note: mind this [an-id]"
        );
    }

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
