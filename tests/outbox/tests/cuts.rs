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

/// Two cuts are the square of one: the smaller the unit, the fewer the workloads.
fn for_two_cuts(unit: usize) -> &'static [(&'static str, &'static [Act])] {
    match unit {
        16.. => &WORKLOADS,
        8 => &WORKLOADS[2..],
        _ => &[("short", SHORT)],
    }
}

fn steps<const U: usize, const S: usize>(acts: &[Act]) -> usize {
    let mut life = Life::<U, S>::new(3, Tear::Random, TornErase::Random, 1);
    life.live(acts, []);
    life.chip.steps
}

fn once<const U: usize, const S: usize>() {
    let mut lives = 0;
    for (name, acts) in WORKLOADS {
        let steps = steps::<U, S>(acts);
        for tear in TEARS {
            for torn_erase in TORN_ERASES {
                for cut in 0..steps {
                    let seed = cut as u64;
                    let row = format!("unit {U} {name} {tear:?} {torn_erase:?} cut at {cut}");
                    told(&row, || {
                        let mut life = Life::<U, S>::new(3, tear, torn_erase, seed);
                        life.chip.cut_after(cut);
                        life.live(acts, []);
                        life.is_not_stuck();
                    });
                    lives += 1;
                }
            }
        }
    }
    println!("unit={U} sector={S} cuts=1 lives={lives}");
}

fn twice<const U: usize, const S: usize>() {
    let mut lives = 0;
    for (name, acts) in for_two_cuts(U) {
        let steps = steps::<U, S>(acts);
        for tear in TEARS {
            if U < 4 && matches!(tear, Tear::Partial | Tear::Unreadable | Tear::LooksWhole) {
                continue;
            }
            for torn_erase in TORN_ERASES {
                for first in 0..steps {
                    let mut life = Life::<U, S>::new(3, tear, torn_erase, first as u64);
                    life.chip.cut_after(first);
                    for second in 0..steps + 20 - first {
                        let row = format!(
                            "unit {U} {name} {tear:?} {torn_erase:?} cut at {first}, then {second}"
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
    println!("unit={U} sector={S} cuts=2 lives={lives}");
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
            #[test]
            fn one_cut_anywhere() {
                super::once::<$unit, $sector>();
            }

            #[test]
            $(#[$slow])?
            fn two_cuts_anywhere() {
                super::twice::<$unit, $sector>();
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
