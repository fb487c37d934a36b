//! The command `local-iot-core`: the local emulator as a process, with its trace on standard error.

mod cli;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use local_iot_core::LocalIotCore;
use motepost_contract::files::{self, Readers};

use cli::Arguments;

fn main() -> ExitCode {
    // A mistake in the arguments ends here, with status 2.
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("local-iot-core: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let mut config = arguments.config()?;
    if !arguments.ports.quiet {
        config.on_trace = Some(Arc::new(|entry| eprintln!("{entry}")));
    }
    // Signals are caught before the ports open, so that none can slip in between.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("signals: {error}"))?;
    let stop = {
        let _inside = runtime.enter();
        StopSignal::new().map_err(|error| format!("signals: {error}"))?
    };
    let emulator = LocalIotCore::start(config).map_err(|error| error.to_string())?;
    write_whole(&arguments.ports.ca_out, emulator.ca_pem())?;
    println!("{}", banner(&emulator, arguments));
    if !arguments.ports.listen.is_loopback() {
        eprintln!(
            "WARNING: --listen {} lets other machines publish here. This is a test tool: put no real token through it.",
            arguments.ports.listen
        );
    }
    if let Some(path) = &arguments.ports.ready_file {
        write_whole(path, &ready(&emulator, arguments))?;
    }
    runtime.block_on(stop.wait());
    if let Some(path) = &arguments.ports.ready_file {
        // Its next reader should not find closed ports. An error means that it is gone already.
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

/// A script that waits for the file never reads half of it.
fn write_whole(path: &Path, text: &str) -> Result<(), String> {
    let written = files::replace(path, text.as_bytes(), Readers::Everybody);
    written.map_err(|error| format!("{}: {error}", path.display()))
}

fn banner(emulator: &LocalIotCore, arguments: &Arguments) -> String {
    let (https, http, mqtt, control) = (
        emulator.https_addr(),
        emulator.http_addr(),
        emulator.mqtt_addr(),
        emulator.control_addr(),
    );
    let (endpoint, port, ca) = (
        emulator.endpoint(),
        https.port(),
        arguments.ports.ca_out.display(),
    );
    format!(
        "https://{https}  http://{http}  mqtt://{mqtt}\n\
         CA certificate: {ca}\n\
         Console, control plane: http://{control}\n\n\
         Watch:    mosquitto_sub -h 127.0.0.1 -p {} -t '#' -v\n\
         Publish:  curl --cacert {ca} -H 'x-amz-customauthorizer-name: unsignedAuthorizer' \
         -H 'token: allow' -H 'id: uniqueID' --data '{{\"message\":\"hello\"}}' \
         'https://{endpoint}:{port}/topics/uniqueID/status?qos=1'\n",
        mqtt.port(),
    )
}

fn ready(emulator: &LocalIotCore, arguments: &Arguments) -> String {
    let ca = std::path::absolute(&arguments.ports.ca_out)
        .unwrap_or_else(|_| arguments.ports.ca_out.clone());
    let json = serde_json::json!({
        "endpoint": emulator.endpoint(),
        "https_port": emulator.https_addr().port(),
        "http_port": emulator.http_addr().port(),
        "mqtt_port": emulator.mqtt_addr().port(),
        "control_port": emulator.control_addr().port(),
        "ca_file": ca.to_string_lossy(),
        "pid": std::process::id(),
    });
    format!("{json}\n")
}

/// Ctrl-C, and on Unix what `kill` sends.
struct StopSignal {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl StopSignal {
    #[cfg(unix)]
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn wait(self) {
        // If it cannot be listened for, the process still ends by being ended.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
