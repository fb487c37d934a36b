//! A board whose gateway gives the first response only after the board's deadline: five publishes, each verdict its own.

use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::thread;

use crate::Result;
use crate::board;
use crate::emulator::{self, Report, TIMEOUT};
use crate::image;
use crate::mode::Mode;
use ffi_tests::cloud::Cloud;
use ffi_tests::peer;

/// Any would do.
pub const BOARD: &str = "mps2-an385";

const OUTCOMES: [&str; 5] = ["no_response", "denied", "accepted", "denied", "accepted"];

/// Shorter than a product's: some three seconds each.
const LIMITS: [&str; 3] = ["-DPUBLISHES=5", "-DTIMEOUT=30000000", "-DSILENCE=30000000"];

/// Publishes, and prints what came of it.
pub fn publish(cloud: &Cloud, failures: &mut Vec<String>) -> Result<()> {
    let board = &board::named(&[BOARD.to_owned()])?[0];
    let archive = board.archive()?;
    let image = image::build(
        board,
        &board.libcs[0],
        Mode::Unsigned,
        &archive,
        cloud,
        &LIMITS,
    )?;
    let (uart, gateway) = UnixStream::pair().map_err(|e| e.to_string())?;
    let (release, let_go) = channel();
    thread::spawn(move || peer::gateway(gateway, &let_go));
    let (_board, stderr) = emulator::start_board(board, &image, uart)?;
    let lines = emulator::lines_of(stderr);
    let mut outcomes = Vec::new();
    while outcomes.len() < OUTCOMES.len() {
        let Ok(line) = lines.recv_timeout(TIMEOUT) else {
            break;
        };
        if let Some(report) = line.strip_prefix("motepost: ") {
            outcomes.push(Report::new(report.to_owned()).text("outcome")?.to_owned());
            // The first time, the board's deadline is over.
            let _ = release.send(());
        }
    }
    println!(
        "\nWith a response that comes late, on {BOARD}: {}",
        outcomes.join(", ")
    );
    if outcomes != OUTCOMES {
        failures.push(format!("{BOARD}, late: {outcomes:?} and not {OUTCOMES:?}"));
    }
    Ok(())
}
