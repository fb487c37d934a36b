//! When a subscriber is too slow to be waited for.

use std::time::Instant;

use mqtt5::broker::router::ROUTE_BUDGET_MAX;

/// What was seen of one subscriber's second queue.
#[derive(Default)]
pub(super) struct Slowness {
    /// How many messages had been published when nothing was in it.
    published: u64,
    /// What retained messages alone put there, when it subscribed.
    backlog: usize,
    last: usize,
    /// When it was found to have shrunk, or to be filled again.
    since: Option<Instant>,
}

impl Slowness {
    /// Of a queue with nothing in it.
    pub(super) fn new(published: u64) -> Self {
        Self {
            published,
            ..Self::default()
        }
    }

    /// It has subscribed, and so many messages wait.
    pub(super) fn subscribed(&mut self, count: usize) {
        self.backlog = self.backlog.max(count);
    }

    /// Whether it is too slow, now that so many messages wait and so many have been published: it took none for
    /// [`ROUTE_BUDGET_MAX`], or over `most` wait besides the retained ones.
    pub(super) fn is_too_much(
        &mut self,
        count: usize,
        published: u64,
        most: usize,
        now: Instant,
    ) -> bool {
        if count == 0 {
            *self = Self::new(published);
            return false;
        }
        let shrank = count < self.last;
        self.last = count;
        let since = *self.since.get_or_insert(now);
        if shrank {
            self.since = Some(now);
        } else if now.duration_since(since) >= ROUTE_BUDGET_MAX {
            return true;
        }
        // What is more than was published meanwhile was retained before.
        let meanwhile = published.saturating_sub(self.published);
        let meanwhile = usize::try_from(meanwhile).unwrap_or(usize::MAX);
        self.subscribed(count.saturating_sub(meanwhile));
        meanwhile > most && count > self.backlog.saturating_add(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn one_that_takes_something_within_two_seconds_is_waited_for() {
        // At each time in milliseconds: how many were published until then, how many wait, and whether that is too much.
        let rows: [&[(u64, u64, usize, bool)]; 6] = [
            &[(0, 0, 0, false), (9000, 0, 0, false)],
            &[(0, 10, 10, false), (1, 11, 11, true)],
            &[(0, 1, 1, false), (1999, 1, 1, false), (2000, 1, 1, true)],
            // Retained messages.
            &[
                (0, 0, 500, false),
                (1999, 0, 499, false),
                (3998, 0, 498, false),
                (5998, 0, 498, true),
            ],
            // It takes them while more come.
            &[
                (0, 0, 500, false),
                (1000, 10, 510, false),
                (1900, 15, 505, false),
                (3800, 20, 510, false),
                (3801, 21, 511, true),
            ],
            // Once it has taken all, what counts begins again.
            &[(0, 0, 500, false), (1, 5, 0, false), (2, 16, 11, true)],
        ];
        let start = Instant::now();
        for (number, looks) in rows.into_iter().enumerate() {
            let mut slowness = Slowness::new(0);
            for (at, published, count, expected) in looks {
                let now = start + Duration::from_millis(*at);
                let found = slowness.is_too_much(*count, *published, 10, now);
                assert_eq!(found, *expected, "row {number} at {at}");
            }
        }
    }
}
