//! TLS 1.3 in firmware without a heap: embedded-tls, blocking, with the server's certificate checked.

use std::error::Error;
use std::time::Duration;

use clap::Parser;
use embedded_tls::blocking::TlsConnection;
use embedded_tls::{TlsConfig, TlsContext};
use motepost::{CustomAuthorizer, Publish, QoS, Verdict, blocking};
use motepost_tls_examples::{Checking, Counted, Endpoint, Options, RECORD, REQUEST, Tcp};

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let endpoint = Endpoint::of(&options)?;
    let socket = endpoint.connect(Duration::from_millis(options.milliseconds))?;
    let mut wire = Counted::new(Tcp::blocking(socket));

    let (mut read_record, mut write_record) = ([0; RECORD], [0; REQUEST]);
    let config = TlsConfig::new().with_server_name(&options.name);
    let mut tls = TlsConnection::new(&mut wire, &mut read_record, &mut write_record);
    let connection_size = size_of_val(&tls);
    tls.open(TlsContext::new(&config, Checking::new(&endpoint.ca_der)))
        .map_err(|error| format!("TLS: {error:?}"))?;

    let reading = Publish::new(&options.name, "uniqueID/status", b"a reading over TLS")
        .qos(QoS::AtLeastOnce)
        .authorizer(CustomAuthorizer::named("unsignedAuthorizer").token("token", &options.token))
        .headers(&[("id", "uniqueID")]);
    let mut buffer = [0; 512];
    let size = reading.encode(&mut buffer)?.len();
    let response = blocking::publish(&mut tls, &reading, &mut buffer)?;
    println!("answer: {} {:?}", response.status(), response.verdict());
    let accepted = response.verdict() == Verdict::Accepted;
    println!(
        "request: {size} bytes; with TLS: {} sent, {} received",
        wire.sent, wire.received
    );
    println!(
        "memory: {RECORD} and {REQUEST} for records, {connection_size} for the connection, {} while it connects",
        size_of::<Checking>()
    );
    if accepted {
        Ok(())
    } else {
        Err("not accepted".into())
    }
}
