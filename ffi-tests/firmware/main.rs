//! `cargo xtask firmware`: builds `examples/firmware` for each board and lets each publish, in an emulator, over its UART,
//! through TLS, to the local emulator, where an MQTT subscriber looks on; then `examples/firmware-rust`, and `examples/freertos`, which
//! does the TLS itself. Prints tables, and fails when a reading is missing.
//!
//! A program of this crate, because the local emulator runs in this process: `xtask` itself stays quick to build.

mod board;
mod emulator;
mod freertos;
mod image;
mod late;
mod mode;
mod rust;

use std::process::ExitCode;

use clap::Parser;

use board::{BOARDS, Board};
use ffi_tests::cloud::Cloud;
use image::Image;
use mode::Mode;

type Result<T> = std::result::Result<T, String>;

/// Publishes from emulated boards, down to 2 KB of RAM and up to TLS of their own.
#[derive(Parser)]
struct Options {
    /// Only this board; may be given again [default: all]
    #[arg(long = "board", value_name = "NAME")]
    boards: Vec<String>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let wants = |name: &str| options.boards.is_empty() || options.boards.iter().any(|b| b == name);
    let others: Vec<_> = options
        .boards
        .iter()
        .filter(|name| ![rust::NAME, freertos::NAME].contains(&name.as_str()))
        .cloned()
        .collect();
    let boards = if others.is_empty() && !options.boards.is_empty() {
        Vec::new()
    } else {
        board::named(&others)?
    };
    let cloud = Cloud::start()?;
    let mut failures = Vec::new();
    if !boards.is_empty() || wants(rust::NAME) {
        println!(
            "| board | CPU | C library | token | flash | static RAM | stack | writes | reading received |\n\
             |---|---|---|---|---|---|---|---|---|"
        );
    }
    for board in boards {
        let archive = board.archive()?;
        for libc in board.libcs {
            for mode in [Mode::Unsigned, Mode::Signed, Mode::Minted, Mode::Wrong] {
                // That the wrong token is refused does not depend on the board.
                if mode == Mode::Wrong
                    && !(board.name == BOARDS[0].name && libc.name == BOARDS[0].libcs[0].name)
                {
                    continue;
                }
                let image = image::build(board, libc, mode, &archive, &cloud, &[])?;
                let begin = format!(
                    "| {} | {} | {} | {} | {} | {} |",
                    board.name,
                    board.target()?.name,
                    libc.name,
                    mode.name(),
                    image.flash,
                    image.ram
                );
                let row = match publish(board, &image, &cloud) {
                    Ok(end) => end,
                    Err(reason) => {
                        failures.push(format!(
                            "{} {} {}: {reason}",
                            board.name,
                            libc.name,
                            mode.name()
                        ));
                        " | | **failed** |".into()
                    }
                };
                println!("{begin}{row}");
            }
        }
    }
    if wants(rust::NAME) {
        publish_from_rust(&cloud, &mut failures)?;
    }
    if wants(late::BOARD) {
        late::publish(&cloud, &mut failures)?;
    }
    if wants(freertos::NAME) {
        freertos::publish(&cloud, &mut failures)?;
    }
    if failures.is_empty() {
        return Ok(());
    }
    Err(failures.join("\n\n"))
}

/// The end of the table's row.
fn publish(board: &Board, image: &Image, cloud: &Cloud) -> Result<String> {
    if let Some(missing) = image.missing_room(board) {
        if image.mode == Mode::Unsigned {
            return Err(format!(
                "at least {missing} bytes too large, and unsigned fits every board"
            ));
        }
        return Ok(format!(
            " | | does not fit: at least {missing} bytes too many |"
        ));
    }
    let report = emulator::run(board, image, cloud)?;
    let end = format!(
        " {} | {} |",
        report.number("stack")?,
        report.number("writes")?
    );
    if image.mode == Mode::Wrong {
        report.expect("outcome", "denied")?;
        let reason = cloud.refusal(&image.topic)?;
        return Ok(format!("{end} no, and the trace says why: {reason} |"));
    }
    report.expect("outcome", "accepted")?;
    report.expect("writes", "1")?;
    cloud.expect_reading(&image.topic, image::READING)?;
    Ok(format!("{end} yes |"))
}

/// The rows of the firmware that has no C in it, and what it logged.
fn publish_from_rust(cloud: &Cloud, failures: &mut Vec<String>) -> Result<()> {
    let mut logs = Vec::new();
    for mode in [Mode::Unsigned, Mode::Signed, Mode::Minted] {
        let image = rust::build(mode, cloud)?;
        let begin = format!(
            "| mps2-an385 | Cortex-M3 | none: Rust | {} | {} | {} | |",
            mode.name(),
            image.flash,
            image.ram
        );
        let log = rust::run(&image, cloud)?;
        let received = cloud.expect_reading(&image.topic, image::READING);
        let accepted = log
            .iter()
            .any(|line| line == "info Accepted: http=200 writes=1");
        if accepted && received.is_ok() {
            println!("{begin} 1 | yes |");
        } else {
            println!("{begin} | **failed** |");
            failures.push(format!(
                "{} {}: {log:?} {received:?}",
                rust::NAME,
                mode.name()
            ));
        }
        logs.extend(
            log.into_iter()
                .map(|line| format!("{} defmt: {line}", mode.name())),
        );
    }
    println!("\n{}", logs.join("\n"));
    Ok(())
}
