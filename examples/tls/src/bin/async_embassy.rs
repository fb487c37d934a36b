//! Asynchronous firmware: Embassy's executor and clock, embedded-tls, `asynch::publish`, and one deadline for all of it.

use std::error::Error;
use std::time::Duration;

use clap::Parser;
use embassy_executor::Spawner;
use embassy_time::with_timeout;
use embedded_tls::{TlsConfig, TlsConnection, TlsContext};
use motepost::{CustomAuthorizer, Publish, QoS, Verdict, asynch};
use motepost_tls_examples::{Checking, Counted, Endpoint, Options, RECORD, REQUEST, Tcp};

#[embassy_executor::main]
async fn main(_spawner: Spawner) {
    // An executor runs forever, as firmware does; the process ends here.
    match run().await {
        Ok(Verdict::Accepted) => std::process::exit(0),
        Ok(verdict) => eprintln!("Error: {verdict:?}"),
        Err(error) => eprintln!("Error: {error}"),
    }
    std::process::exit(1);
}

async fn run() -> Result<Verdict, Box<dyn Error>> {
    let options = Options::parse();
    let endpoint = Endpoint::of(&options)?;
    let timeout = embassy_time::Duration::from_millis(options.milliseconds);
    // What is under way when the time is over is dropped, and with it the connection.
    with_timeout(timeout, publish(&options, &endpoint))
        .await
        .map_err(|_| format!("no answer within {} ms", options.milliseconds))?
}

async fn publish(options: &Options, endpoint: &Endpoint) -> Result<Verdict, Box<dyn Error>> {
    let socket = endpoint.connect(Duration::from_millis(options.milliseconds))?;
    let mut wire = Counted::new(Tcp::asynchronous(socket)?);

    let (mut read_record, mut write_record) = ([0; RECORD], [0; REQUEST]);
    let config = TlsConfig::new().with_server_name(&options.name);
    let mut tls = TlsConnection::new(&mut wire, &mut read_record, &mut write_record);
    tls.open(TlsContext::new(&config, Checking::new(&endpoint.ca_der)))
        .await
        .map_err(|error| format!("TLS: {error:?}"))?;

    let reading = Publish::new(&options.name, "uniqueID/status", b"a reading from Embassy")
        .qos(QoS::AtLeastOnce)
        .authorizer(CustomAuthorizer::named("unsignedAuthorizer").token("token", &options.token))
        .headers(&[("id", "uniqueID")]);
    let mut buffer = [0; 512];
    let response = asynch::publish(&mut tls, &reading, &mut buffer).await?;
    println!("answer: {} {:?}", response.status(), response.verdict());
    Ok(response.verdict())
}
