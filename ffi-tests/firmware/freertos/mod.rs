//! FreeRTOS with lwIP and Mbed TLS: here the board has the network and does the TLS itself. Builds `examples/freertos` and
//! `ffi-tests/freertos`, runs each firmware, and says what each part of a publish takes.

mod build;
mod device;
mod emulator;
mod parts;

use crate::Result;
use crate::image::READING;
use build::Images;
pub use device::NAME;
use device::{DEVICES, Device, Expected};
use emulator::Ended;
use ffi_tests::cloud::Cloud;

/// Firmware that needs no network, and the exit status that it must end with. The last four go wrong; the status names how.
const WITHOUT_NETWORK: &[(&str, i32)] = &[
    ("transports", 0),
    ("transports-that-tell-closed", 0),
    ("assertion", 64),
    ("fault", 65),
    ("memory", 66),
    ("stack", 67),
];

/// Adds what went wrong to `failures`; the tables go to the terminal.
pub fn publish(cloud: &Cloud, failures: &mut Vec<String>) -> Result<()> {
    let images = build::all(cloud)?;
    let mut alone = None;
    for (name, status) in WITHOUT_NETWORK {
        let ended = emulator::run(&images.test(name), cloud)?;
        if ended.status == *status {
            alone = alone.or_else(|| ended.report().ok()?.number("stack").ok());
        } else {
            failures.push(format!(
                "{NAME} {name}: expected exit status {status}, and it was {}: {}",
                ended.status, ended.output
            ));
        }
    }
    println!("\n| FreeRTOS's device | expected | exit status | report |\n|---|---|---|---|");
    let mut tables = Vec::new();
    for device in DEVICES {
        let ended = emulator::run(&images.device(device), cloud)?;
        println!(
            "| {} | {} | {} | {} |",
            device.name,
            device.expected.name(),
            ended.status,
            ended.summary()
        );
        match judge(device, &ended, cloud) {
            Ok(()) if device.expected == Expected::Accepted => {
                tables.push(table(device, &images, &ended)?);
            }
            Ok(()) => {}
            Err(reason) => failures.push(format!("{NAME} {}: {reason}", device.name)),
        }
    }
    println!("\n{}", tables.join("\n"));
    if let Some(stack) = alone {
        println!(
            "Stack of a task that publishes over a transport which needs none itself: {stack} bytes, with what the kernel puts there."
        );
    }
    Ok(())
}

fn judge(device: &Device, ended: &Ended, cloud: &Cloud) -> Result<()> {
    let (status, key, value) = match device.expected {
        Expected::Accepted => (0, "http", "200"),
        Expected::Refused => (1, "http", "403"),
        // MBEDTLS_X509_BADCERT_...: NOT_TRUSTED, CN_MISMATCH, FUTURE.
        Expected::OtherCa => (2, "certificate", "8"),
        Expected::OtherName => (2, "certificate", "4"),
        Expected::ClockNotSet => (2, "certificate", "512"),
    };
    if ended.status != status {
        return Err(format!(
            "expected exit status {status}, and it was {}: {}\nlocal emulator: {}",
            ended.status,
            ended.output,
            cloud.trace()
        ));
    }
    ended.report()?.expect(key, value)?;
    match device.expected {
        Expected::Accepted => {
            let notes = cloud.notes(&device.topic())?;
            if device.is_secure && notes.iter().any(|note| note.contains("SNI")) {
                return Err(notes.join("; "));
            }
            cloud.expect_reading(&device.topic(), READING)
        }
        Expected::Refused => cloud.refusal(&device.topic()).map(drop),
        _ if cloud.refusal(&device.topic()).is_ok() => {
            Err("the local emulator was sent something in spite of its certificate".into())
        }
        _ => Ok(()),
    }
}

/// What each part of the firmware takes, and each task.
fn table(device: &Device, images: &Images, ended: &Ended) -> Result<String> {
    let report = ended.report()?;
    let heap = report.number("heap")?;
    let tls = report.number("heap_tls").unwrap_or(0);
    let parts = parts::of(&images.device(device), images.build_dir())?;
    let mut text = format!(
        "| {}: part | flash | static RAM | heap |\n|---|--:|--:|--:|\n",
        device.name
    );
    for (name, part) in &parts {
        let heap = match *name {
            parts::KERNEL => heap.saturating_sub(tls).to_string(),
            parts::TLS => tls.to_string(),
            _ => "0".into(),
        };
        text += &format!("| {name} | {} | {} | {heap} |\n", part.flash, part.ram);
    }
    let flash: u64 = parts.iter().map(|(_, part)| part.flash).sum();
    let ram: u64 = parts.iter().map(|(_, part)| part.ram).sum();
    text += &format!("| together | {flash} | {ram} | {heap} |\n\n");
    text += &format!(
        "Stack of the tasks at most: publisher {}, tcpip {}, ethernet {} bytes.\n",
        report.number("stack_publisher")?,
        report.number("stack_tcpip")?,
        report.number("stack_ethernet")?
    );
    Ok(text)
}
