//! A day of readings in one request: `cargo run --example batch`.
//!
//! The readings are appended where the request is sent from. What does not fit stays for the next request.

use motepost::batch::{Base, Batch, Decimal, Pack, Record};
use motepost::{CustomAuthorizer, EncodeError, Publish, QoS};

fn publish() -> Publish<'static> {
    Publish::new(
        "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com",
        "$aws/rules/readings/uniqueID/batch",
        b"",
    )
    .qos(QoS::AtLeastOnce)
    .authorizer(CustomAuthorizer::named("unsignedAuthorizer").token("token", "allow"))
    .headers(&[("id", "uniqueID")])
}

/// One reading an hour, in tenths of a degree.
const READINGS: [i32; 24] = [
    121, 118, 117, 115, 114, 116, 121, 130, 142, 155, 167, 176, 182, 186, 187, 185, 179, 170, 160,
    151, 143, 137, 131, 126,
];
const FIRST: u32 = 1_760_000_000;
const HOUR: i32 = 3600;

fn main() -> Result<(), EncodeError> {
    let mut buffer = [0; 1024];

    // The device's own JSON. Each value is checked, so that a bug in one cannot cost the others.
    let mut count = 0;
    let request = publish().compose(&mut buffer, |room| {
        let Ok(mut batch) = Batch::json(room) else {
            return 0;
        };
        for tenths in READINGS {
            let reading = format!(r#"{{"n":{count},"c":{}}}"#, f64::from(tenths) / 10.0);
            if batch.push(reading.as_bytes()).is_err() {
                break;
            }
            count += 1;
        }
        batch.finish()
    })?;
    println!("{count} readings in {} bytes:", request.len());
    println!("{}\n", String::from_utf8_lossy(request));

    // The same as SenML in CBOR, for a receiver that knows nothing of this device. The base name is the complete
    // name here, so that no record repeats it.
    let mut count = 0;
    let request = publish().compose(&mut buffer, |room| {
        let base = Base::new()
            .name("urn:dev:mac:0024befffe804ff1:celsius")
            .time(FIRST);
        let Ok(mut pack) = Pack::cbor(room, base) else {
            return 0;
        };
        for (tenths, hours) in READINGS.into_iter().zip(0..) {
            let record =
                Record::new("", Decimal::new(tenths, 1)).time(Decimal::new(hours * HOUR, 0));
            if pack.push(&record).is_err() {
                break;
            }
            count += 1;
        }
        pack.finish()
    })?;
    println!("{count} records of SenML in {} bytes", request.len());
    Ok(())
}
