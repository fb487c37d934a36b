//! The command `local-iot-core`: the stand-in as a process, with its trace on standard error.

mod cli;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use local_iot_core::LocalIotCore;

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
    if !arguments.quiet {
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
    let stand_in = LocalIotCore::start(config).map_err(|error| error.to_string())?;
    write_whole(&arguments.ca_out, stand_in.ca_pem())?;
    println!("{}", banner(&stand_in, arguments));
    if !arguments.listen.is_loopback() {
        eprintln!(
            "WARNING: --listen {} lets other machines publish here. This is a test tool: put no real token through it.",
            arguments.listen
        );
    }
    if let Some(path) = &arguments.ready_file {
        write_whole(path, &ready(&stand_in, arguments))?;
    }
    runtime.block_on(stop.wait());
    if let Some(path) = &arguments.ready_file {
        // Whoever reads it next should not find ports that are closed; if somebody took it away already, so be it.
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

/// Written aside and renamed, so that a script that waits for the file never reads half of it.
fn write_whole(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut aside = path.as_os_str().to_owned();
    aside.push(format!(".{}", std::process::id()));
    std::fs::write(&aside, text).map_err(failed)?;
    std::fs::rename(&aside, path).map_err(failed)
}

fn banner(stand_in: &LocalIotCore, arguments: &Arguments) -> String {
    let (https, http, mqtt, control) = (
        stand_in.https_addr(),
        stand_in.http_addr(),
        stand_in.mqtt_addr(),
        stand_in.control_addr(),
    );
    let (endpoint, port, ca) = (
        stand_in.endpoint(),
        https.port(),
        arguments.ca_out.display(),
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

fn ready(stand_in: &LocalIotCore, arguments: &Arguments) -> String {
    let ca = std::path::absolute(&arguments.ca_out).unwrap_or_else(|_| arguments.ca_out.clone());
    let json = serde_json::json!({
        "endpoint": stand_in.endpoint(),
        "https_port": stand_in.https_addr().port(),
        "http_port": stand_in.http_addr().port(),
        "mqtt_port": stand_in.mqtt_addr().port(),
        "control_port": stand_in.control_addr().port(),
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
