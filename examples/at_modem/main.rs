//! A reading travels through a cellular modem's AT commands, over `embedded-io`.
//!
//! `cargo run --example at_modem` needs no modem: it publishes through an emulated Quectel's TLS socket, and through an
//! emulated `SIMCom`'s own HTTP, to the stand-in. The C driver in `examples/at-modem` knows both ways of both families.

#[cfg(unix)]
mod at;
#[cfg(unix)]
mod quectel_socket;
#[cfg(unix)]
mod serial;
#[cfg(unix)]
mod simcom_http;

#[cfg(unix)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::time::Duration;

    use local_iot_core::{Config, LocalIotCore};
    use modem_emulator::{Family, Modem, Options};
    use motepost::{CustomAuthorizer, Publish, QoS, blocking};

    const PATIENCE: Duration = Duration::from_secs(10);
    let stand_in = LocalIotCore::start(Config::default())?;
    let port = stand_in.https_addr().port();
    let endpoint = format!("localhost:{port}");
    let payload = br#"{"message":"Hello from a modem"}"#;
    let reading = Publish::new(&endpoint, "uniqueID/status", payload)
        .qos(QoS::AtLeastOnce)
        .authorizer(CustomAuthorizer::named("unsignedAuthorizer").token("token", "allow"))
        .headers(&[("id", "uniqueID")]);
    let emulated = |family| Options::new(family).with_file("ca.pem", stand_in.ca_pem());

    let modem = Modem::start(emulated(Family::Quectel))?;
    let mut at = at::At::new(serial::Serial::open(modem.path(), PATIENCE)?);
    let mut socket = quectel_socket::QuectelSocket::open(&mut at, "localhost", port, "ca.pem")?;
    let mut buffer = [0; 512];
    let response = blocking::publish(&mut socket, &reading, &mut buffer)?;
    println!(
        "through a socket:         {} {:?}",
        response.status(),
        response.verdict()
    );
    socket.close()?;

    let modem = Modem::start(emulated(Family::Simcom))?;
    let mut at = at::At::new(serial::Serial::open(modem.path(), PATIENCE)?);
    let status = simcom_http::publish(&mut at, "ca.pem", &reading, &endpoint, payload)?;
    println!("through the modem's HTTP: {status}");

    for entry in stand_in.trace() {
        println!("stand-in's trace: {entry}");
    }
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    println!("the emulated modem needs pseudo-terminals");
}
