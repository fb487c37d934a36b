//! Time of each client, compared with Motepost's in the same run.
//!
//! `cargo bench -p motepost-benches --bench time`

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{BatchSize, Criterion};
use motepost_benches::{BUILDERS, PARSERS, answer, request};

fn main() -> Result<(), Box<dyn Error>> {
    // Where criterion keeps its estimates, to be read back.
    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).join("time");
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(2))
        .output_directory(&results)
        .configure_from_args();

    let mut group = criterion.benchmark_group("build");
    for (name, build) in BUILDERS {
        group.bench_function(name, |bencher| {
            bencher.iter_batched_ref(
                request,
                |buffer| black_box(build)(buffer),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("parse");
    for (name, parse) in PARSERS {
        group.bench_function(name, |bencher| {
            bencher.iter_batched_ref(
                answer,
                |answer| black_box(parse)(answer),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
    criterion.final_summary();

    print_ratios(&results, "build", &BUILDERS.map(|(name, _)| name))?;
    print_ratios(&results, "parse", &PARSERS.map(|(name, _)| name))
}

fn print_ratios(results: &Path, group: &str, names: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut motepost = None;
    for name in names {
        let estimates = results.join(group).join(name).join("new/estimates.json");
        // A name on the command line leaves the others out.
        let Ok(estimates) = fs::read(estimates) else {
            continue;
        };
        let estimates: serde_json::Value = serde_json::from_slice(&estimates)?;
        let nanoseconds = estimates["median"]["point_estimate"]
            .as_f64()
            .ok_or("criterion's estimates have no median")?;
        let first = *motepost.get_or_insert(nanoseconds);
        println!(
            "{group} {name}: {nanoseconds:.0} ns, {:.2} of motepost's",
            nanoseconds / first
        );
    }
    Ok(())
}
