//! A reading travels through a cellular modem's AT commands, over `embedded-io`.
//!
//! `cargo run -p at-modem` needs no modem: it publishes through an emulated Quectel's TLS socket, and through an emulated
//! `SIMCom`'s own HTTP, to the local emulator of AWS IoT Core.

#[cfg(unix)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::time::Duration;

    use at_modem::{at, quectel_socket, serial, simcom_http};
    use local_iot_core::{Config, LocalIotCore};
    use modem_emulator::{Family, Modem, Options};
    use motepost::{CustomAuthorizer, Publish, QoS, blocking};

    const TIMEOUT: Duration = Duration::from_secs(10);
    let emulator = LocalIotCore::start(Config::default())?;
    let port = emulator.https_addr().port();
    let endpoint = format!("localhost:{port}");
    let payload = br#"{"message":"Hello from a modem"}"#;
    let reading = Publish::new(&endpoint, "uniqueID/status", payload)
        .qos(QoS::AtLeastOnce)
        .authorizer(CustomAuthorizer::named("unsignedAuthorizer").token("token", "allow"))
        .headers(&[("id", "uniqueID")]);
    let with_ca = |family| Options::new(family).with_file("ca.pem", emulator.ca_pem());

    let modem = Modem::start(with_ca(Family::Quectel))?;
    let mut at = at::At::new(serial::Serial::open(modem.path(), TIMEOUT)?);
    let mut socket = quectel_socket::QuectelSocket::open(&mut at, "localhost", port, "ca.pem")?;
    let mut buffer = [0; 512];
    let response = blocking::publish(&mut socket, &reading, &mut buffer)?;
    println!(
        "through a socket:         {} {:?}",
        response.status(),
        response.verdict()
    );
    socket.close()?;

    let modem = Modem::start(with_ca(Family::Simcom))?;
    let mut at = at::At::new(serial::Serial::open(modem.path(), TIMEOUT)?);
    let status = simcom_http::publish(&mut at, "ca.pem", &reading, &endpoint, payload)?;
    println!("through the modem's HTTP: {status}");

    for entry in emulator.trace() {
        println!("emulator's trace: {entry}");
    }
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    println!("the emulated modem needs pseudo-terminals");
}
