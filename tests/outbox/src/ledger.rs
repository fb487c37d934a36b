//! What an outbox owes: the readings that it took, and which may be there.

/// Whether a reading may be there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Owed {
    /// It must.
    Yes,
    /// Its push or its drop was interrupted.
    Maybe,
    /// It was dropped, or did not appear after its push was interrupted.
    No,
}

#[derive(Clone, Debug)]
struct Entry {
    /// Unknown if the push was interrupted.
    number: Option<u32>,
    bytes: Vec<u8>,
    owed: Owed,
}

/// All readings of all lives, in order.
#[derive(Clone, Debug)]
pub struct Ledger {
    entries: Vec<Entry>,
    /// Numbers are kept as so many more than it: they may go round.
    base: u32,
    /// No number up to it comes back.
    dropped_to: u32,
    /// Torn units read differently at every start: what may be there may come and go.
    pub flickers: bool,
}

impl Ledger {
    /// Of a device whose numbers begin here.
    #[must_use]
    pub const fn new(flickers: bool, base: u32) -> Self {
        Self {
            entries: Vec::new(),
            base,
            dropped_to: 0,
            flickers,
        }
    }

    /// A push returned.
    pub fn pushed(&mut self, number: u32, bytes: &[u8]) {
        let number = number.wrapping_sub(self.base);
        let last = self.entries.iter().rev().find_map(|entry| entry.number);
        assert!(last < Some(number), "{number} after {last:?}");
        self.entries.push(Entry {
            number: Some(number),
            bytes: bytes.to_vec(),
            owed: Owed::Yes,
        });
    }

    /// A push was interrupted.
    pub fn push_cut(&mut self, bytes: &[u8]) {
        self.entries.push(Entry {
            number: None,
            bytes: bytes.to_vec(),
            owed: Owed::Maybe,
        });
    }

    /// What was read up to this number was dropped, or its drop was interrupted.
    pub fn dropped(&mut self, to: u32, is_sure: bool) {
        let to = to.wrapping_sub(self.base);
        let is_read = |entry: &Entry| entry.number.is_some_and(|number| number <= to);
        let read = self.entries.iter().rposition(is_read);
        for entry in &mut self.entries[..read.map_or(0, |last| last + 1)] {
            match (is_sure, entry.owed) {
                (true, _) => entry.owed = Owed::No,
                (false, Owed::Yes) => entry.owed = Owed::Maybe,
                (false, _) => {}
            }
        }
        if is_sure {
            self.dropped_to = self.dropped_to.max(to);
        }
    }

    /// What is there, read from the oldest after a start. Panics at what is lost, back, damaged or out of order.
    pub fn check(&mut self, there: &[(u32, Vec<u8>)]) {
        let mut at = 0;
        for (number, bytes) in there {
            let number = &number.wrapping_sub(self.base);
            assert!(*number > self.dropped_to, "{number} is back");
            loop {
                let Some(entry) = self.entries.get(at) else {
                    panic!("{number} is too many: {bytes:?}");
                };
                let next = self.entries[at + 1..].iter().find_map(|entry| entry.number);
                let is_it = match entry.number {
                    Some(known) => known == *number,
                    None => {
                        entry.owed == Owed::Maybe
                            && entry.bytes == *bytes
                            && next.is_none_or(|next| *number < next)
                    }
                };
                if is_it {
                    break;
                }
                self.is_absent(at);
                at += 1;
            }
            let entry = &mut self.entries[at];
            assert_eq!(entry.bytes, *bytes, "{number} is damaged");
            assert_ne!(entry.owed, Owed::No, "{number} is back");
            entry.number = Some(*number);
            if !self.flickers {
                entry.owed = Owed::Yes;
            }
            at += 1;
        }
        for at in at..self.entries.len() {
            self.is_absent(at);
        }
    }

    fn is_absent(&mut self, at: usize) {
        let flickers = self.flickers;
        let entry = &mut self.entries[at];
        assert_ne!(entry.owed, Owed::Yes, "{:?} is lost", entry.number);
        if !flickers {
            entry.owed = Owed::No;
        }
    }

    /// What must be there.
    #[must_use]
    pub fn owed(&self) -> usize {
        let owed = self.entries.iter().filter(|entry| entry.owed == Owed::Yes);
        owed.count()
    }
}
