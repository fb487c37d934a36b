//! Power fails at every program and erase of every workload, once and twice, in every way.

use outbox_tests::chip::{TEARS, TORN_ERASES, Tear, TornErase};
use outbox_tests::life::{Act, Life};

const FILL: &[Act] = &[Act::Push(20); 16];
const SEND: &[Act] = &[
    Act::Push(20),
    Act::Push(1),
    Act::Push(33),
    Act::Batch(2, 7),
    Act::Push(40),
    Act::Push(40),
    Act::Drain,
    Act::Push(4),
    Act::Batch(9, 50),
    Act::Push(60),
    Act::Drain,
];
const SLEEP: &[Act] = &[
    Act::Push(9),
    Act::Reset,
    Act::Push(12),
    Act::Reset,
    Act::Reset,
    Act::Batch(1, 20),
    Act::Reset,
    Act::Push(70),
    Act::Batch(1, 3),
    Act::Reset,
    Act::Drain,
    Act::Push(5),
];
const FULL: &[Act] = &[
    Act::Push(80),
    Act::Push(80),
    Act::Push(80),
    Act::Push(80),
    Act::Push(20),
    Act::Push(20),
    Act::Batch(1, 80),
    Act::Reset,
    Act::Batch(1, 30),
    Act::Batch(1, 80),
    Act::Batch(1, 8),
    Act::Push(60),
    Act::Drain,
];
const WORKLOADS: [(&str, &[Act]); 4] = [
    ("fill", FILL),
    ("send", SEND),
    ("sleep", SLEEP),
    ("full", FULL),
];

const SHORT: &[Act] = &[
    Act::Push(5),
    Act::Push(20),
    Act::Batch(1, 7),
    Act::Reset,
    Act::Push(40),
    Act::Push(30),
    Act::Drain,
    Act::Push(9),
];

/// What a cut tears.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Torn {
    Unit,
    Call,
    /// A unit that takes no zeros afterwards.
    Refusing,
}

/// Two cuts are the square of one: the smaller the unit, the fewer the workloads. What reads otherwise at each start may defeat an
/// outbox whose next sector is not free (`docs/outbox.md`), so it meets none that is full.
fn for_two_cuts(unit: usize, torn: Torn, tear: Tear) -> &'static [(&'static str, &'static [Act])] {
    let flickers = matches!(tear, Tear::FlickersAtStart | Tear::FlickersAtRead);
    match unit {
        8.. if flickers => &WORKLOADS[1..2],
        16.. => &WORKLOADS,
        8 => &WORKLOADS[2..],
        _ if torn == Torn::Call && !flickers => &WORKLOADS[2..],
        _ => &[("short", SHORT)],
    }
}

fn new_life<const U: usize, const S: usize>(
    torn: Torn,
    tear: Tear,
    torn_erase: TornErase,
    seed: u64,
) -> Life<U, S> {
    let mut life = Life::new(3, tear, torn_erase, seed);
    match torn {
        Torn::Unit => {}
        Torn::Call => life.chip.tear_calls(),
        Torn::Refusing => life.chip.refuse_torn(),
    }
    life
}

fn steps<const U: usize, const S: usize>(torn: Torn, acts: &[Act]) -> usize {
    let mut life = new_life::<U, S>(torn, Tear::Random, TornErase::Random, 1);
    life.live(acts, []);
    life.chip.steps
}

fn once<const U: usize, const S: usize>(torn: Torn) {
    let mut lives = 0;
    for (name, acts) in WORKLOADS {
        let steps = steps::<U, S>(torn, acts);
        for tear in TEARS {
            for torn_erase in TORN_ERASES {
                for cut in 0..steps {
                    let seed = cut as u64;
                    let row =
                        format!("{torn:?} unit {U} {name} {tear:?} {torn_erase:?} cut at {cut}");
                    told(&row, || {
                        let mut life = new_life::<U, S>(torn, tear, torn_erase, seed);
                        life.chip.cut_after(cut);
                        life.live(acts, []);
                        life.is_not_stuck();
                    });
                    lives += 1;
                }
            }
        }
    }
    println!("torn={torn:?} unit={U} sector={S} cuts=1 lives={lives}");
}

fn twice<const U: usize, const S: usize>(torn: Torn) {
    let mut lives = 0;
    for tear in TEARS {
        if U < 4 && matches!(tear, Tear::Partial | Tear::Unreadable | Tear::LooksWhole) {
            continue;
        }
        for (name, acts) in for_two_cuts(U, torn, tear) {
            let steps = steps::<U, S>(torn, acts);
            for torn_erase in TORN_ERASES {
                for first in 0..steps {
                    let mut life = new_life::<U, S>(torn, tear, torn_erase, first as u64);
                    life.chip.cut_after(first);
                    for second in 0..steps + 20 - first {
                        let row = format!(
                            "{torn:?} unit {U} {name} {tear:?} {torn_erase:?} cut at {first}, then {second}"
                        );
                        told(&row, || {
                            let mut life = life.clone();
                            life.live(acts, [second]);
                            life.is_not_stuck();
                        });
                        lives += 1;
                    }
                }
            }
        }
    }
    println!("torn={torn:?} unit={U} sector={S} cuts=2 lives={lives}");
}

/// In a ring whose numbers go round in each of its sectors, at each step: a reading that ends there is one of many.
fn around<const U: usize, const S: usize>() {
    let step = U.max(4);
    let steps = (S / step) as u32;
    let mut lives = 0;
    for (name, acts) in WORKLOADS {
        let aged = |ahead: u32, seed| {
            new_life::<U, S>(Torn::Unit, Tear::Random, TornErase::Random, seed)
                .aged(ahead.wrapping_neg())
        };
        for ahead in 0..3 * steps {
            let mut life = aged(ahead, 1);
            life.live(acts, []);
            for cut in (ahead as usize % 7..life.chip.steps).step_by(7) {
                let row = format!("unit {U} {name} {ahead} steps ahead, cut at {cut}");
                told(&row, || {
                    let mut life = aged(ahead, cut as u64);
                    life.chip.cut_after(cut);
                    life.live(acts, []);
                    life.is_not_stuck();
                });
                lives += 1;
            }
        }
    }
    println!("around unit={U} sector={S} lives={lives}");
}

/// Names the row of a life that panics.
fn told(row: &str, life: impl FnOnce()) {
    struct Row<'a>(&'a str);
    impl Drop for Row<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("in: {}", self.0);
            }
        }
    }
    let _row = Row(row);
    life();
}

macro_rules! units {
    ($($name:ident $unit:literal $sector:literal $(two cuts: $slow:meta)?;)*) => {
        $(mod $name {
            use super::Torn;

            #[test]
            fn one_cut_of_a_unit_anywhere() {
                super::once::<$unit, $sector>(Torn::Unit);
            }

            #[test]
            fn one_cut_of_a_unit_that_refuses_zeros() {
                super::once::<$unit, $sector>(Torn::Refusing);
            }

            #[test]
            fn a_cut_where_numbers_go_round() {
                super::around::<$unit, $sector>();
            }

            #[test]
            fn one_cut_of_a_call_anywhere() {
                super::once::<$unit, $sector>(Torn::Call);
            }

            #[test]
            $(#[$slow])?
            fn two_cuts_of_units_anywhere() {
                super::twice::<$unit, $sector>(Torn::Unit);
            }

            #[test]
            fn two_cuts_of_calls_anywhere() {
                super::twice::<$unit, $sector>(Torn::Call);
            }
        })*
    };
}

units! {
    unit_1 1 128 two cuts: ignore = "takes a minute";
    unit_2 2 128;
    unit_4 4 128;
    unit_8 8 160;
    unit_16 16 192;
    unit_32 32 256;
}
