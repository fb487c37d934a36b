//! An outbox on flash that loses power as often as the input says, in regions of up to eight sectors: nothing is lost, back,
//! damaged, out of order or stuck.

use outbox_tests::chip::{TEARS, TORN_ERASES, Tear, TornErase};
use outbox_tests::life::{Act, Life};

/// More would be slow, and say no more.
const MOST_ACTS: usize = 60;

/// `run` is what the target calls.
pub fn run(data: &[u8]) {
    let Some(input) = Input::from(data) else {
        return;
    };
    match input.shape {
        0 => input.live::<1, 128>(),
        1 => input.live::<2, 160>(),
        2 => input.live::<4, 256>(),
        3 => input.live::<8, 512>(),
        4 => input.live::<16, 1024>(),
        _ => input.live::<32, 512>(),
    }
}

struct Input<'a> {
    shape: u8,
    sectors: usize,
    tear: Tear,
    torn_erase: TornErase,
    seed: u64,
    cuts: Vec<usize>,
    acts: &'a [u8],
}

impl<'a> Input<'a> {
    /// The shape of the region, the ways to tear, a seed, and a number of cuts with the steps before each; the rest is what
    /// firmware does.
    fn from(data: &'a [u8]) -> Option<Self> {
        let ([shape, sectors, tear, seed, cuts], rest) = data.split_first_chunk()?;
        let (cuts, acts) = rest.split_at_checked(usize::from(cuts % 16))?;
        Some(Self {
            shape: shape % 6,
            sectors: 3 + usize::from(sectors % 6),
            tear: TEARS[usize::from(tear / 3) % TEARS.len()],
            torn_erase: TORN_ERASES[usize::from(tear % 3)],
            seed: u64::from(*seed),
            cuts: cuts.iter().map(|&cut| usize::from(cut)).collect(),
            acts,
        })
    }

    fn live<const U: usize, const S: usize>(&self) {
        let mut life = Life::<U, S>::new(self.sectors, self.tear, self.torn_erase, self.seed);
        let mut cuts = self.cuts.iter().copied();
        if let Some(first) = cuts.next() {
            life.chip.cut_after(first);
        }
        life.live(&acts(self.acts, S - 44), cuts);
        life.is_not_stuck();
    }
}

/// Two bytes each: what, and how much. The longest reading of this region is `most`.
fn acts(data: &[u8], most: usize) -> Vec<Act> {
    let acts = data.chunks_exact(2).take(MOST_ACTS).map(|act| {
        let much = usize::from(act[1]);
        let len = 1 + much * most / 256;
        match act[0] {
            0..=95 => Act::Push(len),
            96..=127 => Act::Push(1 + much % 16),
            128..=199 => Act::Batch(usize::from(act[0] % 12), len),
            200..=219 => Act::Drain,
            _ => Act::Reset,
        }
    });
    acts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_reading_fits_and_the_shortest_is_not_empty() {
        for (byte, len) in [(0, 1), (255, 84)] {
            let acts = acts(&[0, byte], 84);
            assert!(
                matches!(acts[..], [Act::Push(made)] if made == len),
                "{acts:?}"
            );
        }
    }

    #[test]
    fn each_seed_is_an_input() {
        let seeds = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/outbox"));
        for seed in seeds.expect("there are seeds") {
            let seed = std::fs::read(seed.expect("one").path()).expect("it can be read");
            assert!(Input::from(&seed).is_some_and(|input| !acts(input.acts, 84).is_empty()));
            run(&seed);
        }
    }
}
