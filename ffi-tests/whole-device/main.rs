//! `cargo xtask whole-device`: builds `examples/whole-device` for each device and lets each run on an emulated board, against
//! servers that it must trust and servers that it must not. Then measures what the whole takes, part by part, and compares with
//! its budgets.

mod board;
mod build;
mod cloud;
mod device;
mod measure;
mod names;
mod network;
mod parts;
mod server;
mod table;
mod wire;

use std::process::ExitCode;

use clap::Parser;

use board::{Ended, Report, Run};
use build::Images;
use cloud::Cloud;
use device::{DEVICES, Device, Expected};
use measure::Measured;
use network::Network;
use server::{Server, Servers};

type Result<T> = std::result::Result<T, String>;

/// Publishes over verified TLS from emulated boards of 64 KB and of 41 KB.
#[derive(Parser)]
struct Options {
    /// Only this network: ethernet or modem [default: both]
    #[arg(long, value_enum)]
    network: Option<Network>,
    /// Only this device; may be given again [default: all]
    #[arg(long = "device", value_name = "NAME")]
    devices: Vec<String>,
    /// Measure each choice of configuration.h too, write docs/whole-device.md, and lower the budgets
    #[arg(long, conflicts_with_all = ["network", "devices"])]
    write: bool,
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
    let cloud = Cloud::start()?;
    let servers = Servers::start(&cloud)?;
    let mut failures = Vec::new();
    let mut measured = Vec::new();
    println!("| network | device | expected | exit status | report |\n|---|---|---|---|---|");
    for network in Network::ALL {
        if options.network.is_some_and(|only| only != network) {
            continue;
        }
        let devices: Vec<_> = DEVICES
            .iter()
            .filter(|device| device.runs_over(network))
            .filter(|device| {
                options.devices.is_empty() || options.devices.iter().any(|name| name == device.name)
            })
            .collect();
        let meetings = devices
            .into_iter()
            .map(|device| Ok((device, servers.meet(device.name, device.show)?)))
            .collect::<Result<Vec<_>>>()?;
        let images = build::all(network, &meetings, &servers, &[])?;
        let mut runs = Vec::new();
        for (device, server) in &meetings {
            match publish(network, device, server, &images, &cloud) {
                Ok(report) if device.is_measured => runs.push((*device, report)),
                Ok(_) => {}
                Err(reason) => {
                    failures.push(format!("{} {}: {reason}", network.name(), device.name));
                }
            }
        }
        if !runs.is_empty() {
            measured.push(Measured::new(network, &images, &runs)?);
        }
    }
    for measured in &measured {
        println!("\n{measured}");
    }
    if let (true, [usual, ..]) = (options.write && failures.is_empty(), measured.as_slice()) {
        let choices = measure::choices(&servers, usual)?;
        table::write(&measured, &choices)?;
        measure::lower_budgets(&measured)?;
    }
    failures.extend(measure::over_budget(&measured)?);
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("\n\n"))
    }
}

/// Runs a device and judges it.
fn publish(
    network: Network,
    device: &Device,
    server: &Server,
    images: &Images,
    cloud: &Cloud,
) -> Result<Report> {
    let seen = cloud.requests();
    let folder = images.stored(device.traits.continues.unwrap_or(device.name));
    if device.traits.continues.is_none() {
        let _ = std::fs::remove_dir_all(&folder);
    }
    let ended = board::run(&Run {
        network,
        image: &images.of(device),
        folder: &folder,
        port: server.port(),
        counts_instructions: device.is_measured,
    })?;
    println!(
        "| {} | {} | {} | {} | {} |",
        network.name(),
        device.name,
        device.expected,
        ended.status,
        ended.summary()
    );
    judge(network, device, server, cloud, &ended).map_err(|reason| {
        format!(
            "{reason}\nserver: {}\nemulator: {}",
            server.log(),
            cloud.trace()
        )
    })?;
    if device.expected.exit_status() != 0 && cloud.requests() != seen {
        return Err("the emulator received a request".into());
    }
    ended.report()
}

fn judge(
    network: Network,
    device: &Device,
    server: &Server,
    cloud: &Cloud,
    ended: &Ended,
) -> Result<()> {
    let status = device.expected.exit_status();
    if ended.status != status {
        return Err(format!(
            "expected exit status {status}, and it was {}: {}",
            ended.status, ended.output
        ));
    }
    let report = ended.report()?;
    report.expect("tls", device.expected.error()?)?;
    match device.expected {
        Expected::Accepted { publishes } => {
            report.expect("http", 200)?;
            report.expect("publishes", publishes)?;
            cloud.expect_readings(&device.topic(network), 2)
        }
        Expected::Unreadable(_) => report.expect("publishes", 0),
        Expected::Distrusted(_) | Expected::Stalled if server.was_sent_a_request() => {
            Err("it sent a request in spite of that".into())
        }
        Expected::Distrusted(_) | Expected::Stalled => report.expect("publishes", 0),
    }
}
