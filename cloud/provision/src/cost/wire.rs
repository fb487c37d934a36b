//! What a request is on the wire of the device.

use anyhow::Context as _;

use super::figures::{Measured, Wake};
use super::plan::{Plan, Transport};
use crate::credentials::Scheme;

/// Bytes, up and down.
#[derive(Clone, Copy)]
pub(crate) struct OnWire {
    pub(crate) handshake: [u64; 2],
    /// The request and the response.
    pub(crate) message: [u64; 2],
}

impl OnWire {
    pub(crate) const fn up(&self) -> u64 {
        self.handshake[0] + self.message[0]
    }

    pub(crate) const fn down(&self) -> u64 {
        self.handshake[1] + self.message[1]
    }
}

/// Of the requests that were measured. Those of a batch have one as long.
const TOPIC: &str = "uniqueID/status";
/// The topic of a batch for the splitter, by Basic Ingest (docs/deploy.md). The epoch is random, and has ten digits mostly.
pub(crate) const SPLIT_TOPIC: &str = "$aws/rules/readings/uniqueID/batch/4294967295";
/// What stands around a reading in it, at most.
pub(super) const ELEMENT: &str = "[4294967295,]";

pub(super) fn is_measured(plan: &Plan, measured: &Measured) -> bool {
    let is_one = plan.batch == 1;
    let is_batch = plan.batch == measured.batch.readings;
    let is_static = plan.scheme == Scheme::Static;
    let is_request = match plan.transport {
        Transport::Tls12 | Transport::Tls13 => is_one || (is_batch && is_static),
        Transport::Tls12Resumed | Transport::Kept => is_one && is_static,
        Transport::Gateway => is_one,
    };
    is_request && !plan.is_split && plan.reading == measured.payload
}

/// What was measured, and the difference that another request makes: the bytes of its payload and its topic, the digits of
/// `content-length`, and the framing of each record of 16 KB more, which is TLS 1.2's or 1.3's as measured.
pub(super) fn bytes(plan: &Plan, measured: &Measured, payload: u64) -> anyhow::Result<OnWire> {
    // As the measurement names them.
    let name = match plan.scheme {
        Scheme::Static => "unsigned",
        Scheme::Minted => "minted",
        Scheme::Signed => "signed",
    };
    let scheme = measured
        .schemes
        .get(name)
        .context("no such scheme was measured")?;
    let topic = if plan.is_split { SPLIT_TOPIC } else { TOPIC };
    // Neither topic has anything to escape.
    let further = (topic.len() - TOPIC.len()) as u64;
    let request = |plain: u64| {
        let digits = |number: u64| u64::from(number.checked_ilog10().unwrap_or(0)) + 1;
        plain + further + payload + digits(payload) - measured.payload - digits(measured.payload)
    };
    let over_tls = |wake: Wake, handshake: [u64; 2]| {
        const RECORD: u64 = 16 * 1024;
        let [up, down] = wake.records;
        // The request that was measured is one record.
        let framing = up - wake.plain[0];
        let plain = request(wake.plain[0]);
        OnWire {
            handshake,
            message: [plain + plain.div_ceil(RECORD) * framing, down],
        }
    };
    Ok(match plan.transport {
        Transport::Tls12 => over_tls(scheme.tls12, scheme.tls12.handshake),
        Transport::Tls13 => over_tls(scheme.tls13, scheme.tls13.handshake),
        Transport::Tls12Resumed => over_tls(scheme.tls12, measured.resumed.tls12.handshake),
        Transport::Kept => over_tls(scheme.tls12, [0, 0]),
        Transport::Gateway => OnWire {
            handshake: [0, 0],
            message: [request(scheme.tls12.plain[0]), scheme.tls12.plain[1]],
        },
    })
}

/// TCP's, TLS's and HTTP's. DNS is not counted.
pub(super) const fn round_trips(transport: Transport) -> u64 {
    match transport {
        Transport::Tls12 => 1 + 2 + 1,
        Transport::Tls13 | Transport::Tls12Resumed => 1 + 1 + 1,
        Transport::Gateway => 1 + 1,
        Transport::Kept => 1,
    }
}

#[cfg(test)]
mod tests {
    use motepost::batch::Batch;
    use motepost::{CustomAuthorizer, Publish, QoS};

    use super::*;
    use crate::cost::estimate::tests::{estimate, plan};
    use crate::cost::figures;

    /// The arithmetic gives what was measured.
    #[test]
    fn a_batch_is_as_long_as_the_one_that_was_measured() {
        let measured = figures::measured().unwrap();
        assert_eq!(measured.batch.readings, 24);
        let rows = [
            (Transport::Tls12, measured.batch.tls12),
            (Transport::Tls13, measured.batch.tls13),
        ];
        for (transport, wake) in rows {
            let bytes = estimate(&plan(transport, 24)).bytes;
            assert_eq!(bytes.handshake, wake.handshake);
            assert_eq!(bytes.message, wake.records);
        }
    }

    /// The request that the library writes, of the measured one's endpoint and credentials.
    fn written(topic: &str, elements: &[String]) -> u64 {
        let mut payload = vec![0; 70_000];
        let mut batch = Batch::json(&mut payload).unwrap();
        for element in elements {
            batch.push(element.as_bytes()).unwrap();
        }
        let len = batch.finish();
        let payload = match elements {
            [one] => one.as_bytes(),
            _ => &payload[..len],
        };
        let mut request = vec![0; 80_000];
        let publish = Publish::new(
            "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com",
            topic,
            payload,
        )
        .qos(QoS::AtLeastOnce)
        .authorizer(CustomAuthorizer::named("unsignedAuthorizer").token("token", "allow"))
        .headers(&[("id", "uniqueID")]);
        publish.encode(&mut request).unwrap().len() as u64
    }

    #[test]
    fn a_request_is_as_long_as_the_one_that_the_library_writes() {
        let reading = format!("\"{}\"", "r".repeat(43));
        let numbered = format!("[4294967295,{reading}]");
        for (batch, is_split, element, topic) in [
            (1, false, &reading, TOPIC),
            (6, false, &reading, TOPIC),
            (24, false, &reading, TOPIC),
            (1000, false, &reading, TOPIC),
            (2, true, &numbered, SPLIT_TOPIC),
            (24, true, &numbered, SPLIT_TOPIC),
            (1000, true, &numbered, SPLIT_TOPIC),
        ] {
            let plan = Plan {
                is_split,
                ..plan(Transport::Gateway, batch)
            };
            let elements = vec![element.clone(); batch as usize];
            assert_eq!(
                estimate(&plan).bytes.up(),
                written(topic, &elements),
                "{batch} {is_split}"
            );
        }
    }

    /// A record takes 16 KB of a request.
    #[test]
    fn each_record_has_the_framing_of_its_version_of_tls() {
        for (batch, records) in [(1, 1), (300, 1), (400, 2), (800, 3), (2800, 8)] {
            let plain = estimate(&plan(Transport::Gateway, batch)).bytes.message[0];
            for (transport, framing) in [
                (Transport::Tls12, 29),
                (Transport::Tls13, 22),
                (Transport::Tls12Resumed, 29),
                (Transport::Kept, 29),
            ] {
                let up = estimate(&plan(transport, batch)).bytes.message[0];
                assert_eq!(up - plain, records * framing, "{batch} {transport:?}");
            }
        }
    }

    #[test]
    fn only_a_request_that_was_measured_is_called_so() {
        let one = || plan(Transport::Tls12, 1);
        let day = || plan(Transport::Tls13, 24);
        let is_split = true;
        let [minted, signed] = [Scheme::Minted, Scheme::Signed];
        for (what, plan, expected) in [
            ("one reading", one(), true),
            (
                "signed",
                Plan {
                    scheme: signed,
                    ..one()
                },
                true,
            ),
            ("24 readings", day(), true),
            (
                "of 46 bytes",
                Plan {
                    reading: 46,
                    ..one()
                },
                false,
            ),
            ("6 readings", plan(Transport::Tls12, 6), false),
            (
                "24 minted",
                Plan {
                    scheme: minted,
                    ..day()
                },
                false,
            ),
            ("24 numbered", Plan { is_split, ..day() }, false),
            ("resumed", plan(Transport::Tls12Resumed, 1), true),
            ("one more", plan(Transport::Kept, 1), true),
            ("24 more", plan(Transport::Kept, 24), false),
        ] {
            assert_eq!(estimate(&plan).is_measured, expected, "{what}");
        }
    }
}
