//! Instructions, counted by callgrind: the same number every time. Each client is compared with the first, Motepost.
//!
//! `cargo bench -p motepost-benches --bench instructions`; needs valgrind and gungraun-runner of the same version.

// What the macros make is nobody's interface.
#![allow(missing_docs)]

use std::hint::black_box;

use gungraun::prelude::*;
use motepost_benches::{
    Answer, BUILDERS, PARSERS, Parsed, Request, answer as arrived, request as empty,
};

#[library_benchmark]
#[bench::of_the_article(empty())]
fn build_motepost(mut buffer: Request) -> usize {
    black_box(BUILDERS[0].1)(black_box(&mut buffer))
}

#[library_benchmark]
#[bench::of_the_article(empty())]
fn build_floor(mut buffer: Request) -> usize {
    black_box(BUILDERS[1].1)(black_box(&mut buffer))
}

#[library_benchmark]
#[bench::of_the_article(empty())]
fn build_reqwless(mut buffer: Request) -> usize {
    black_box(BUILDERS[2].1)(black_box(&mut buffer))
}

#[library_benchmark]
#[bench::of_the_article(empty())]
fn build_edge_http(mut buffer: Request) -> usize {
    black_box(BUILDERS[3].1)(black_box(&mut buffer))
}

#[library_benchmark]
#[bench::of_the_article(arrived())]
fn parse_motepost(mut answer: Answer) -> Parsed {
    black_box(PARSERS[0].1)(black_box(&mut answer))
}

#[library_benchmark]
#[bench::of_the_article(arrived())]
fn parse_floor(mut answer: Answer) -> Parsed {
    black_box(PARSERS[1].1)(black_box(&mut answer))
}

#[library_benchmark]
#[bench::of_the_article(arrived())]
fn parse_httparse(mut answer: Answer) -> Parsed {
    black_box(PARSERS[2].1)(black_box(&mut answer))
}

#[library_benchmark]
#[bench::of_the_article(arrived())]
fn parse_reqwless(mut answer: Answer) -> Parsed {
    black_box(PARSERS[3].1)(black_box(&mut answer))
}

#[library_benchmark]
#[bench::of_the_article(arrived())]
fn parse_edge_http(mut answer: Answer) -> Parsed {
    black_box(PARSERS[4].1)(black_box(&mut answer))
}

library_benchmark_group!(
    name = build,
    compare_by_id = true,
    benchmarks = [build_motepost, build_floor, build_reqwless, build_edge_http]
);

library_benchmark_group!(
    name = parse,
    compare_by_id = true,
    benchmarks = [
        parse_motepost,
        parse_floor,
        parse_httparse,
        parse_reqwless,
        parse_edge_http
    ]
);

main!(library_benchmark_groups = [build, parse]);
