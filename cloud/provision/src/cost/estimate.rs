//! The arithmetic, for one device.

use std::time::Duration;

use anyhow::{Context as _, bail};
use motepost_contract::message::{self, metered};

use super::figures::{Figures, Measured, Price, Prices, Radio, Wake};
use super::{Scheme, Transport};

/// What somebody wants to know the cost of.
pub(crate) struct Plan {
    pub(crate) scheme: Scheme,
    pub(crate) interval: Duration,
    pub(crate) batch: u64,
    pub(crate) reading: u64,
    pub(crate) transport: Transport,
    pub(crate) is_split: bool,
}

/// Of one request, and of the month.
pub(crate) struct Estimate<'f> {
    /// Of the payload.
    pub(crate) payload: u64,
    /// Whether this very request is one that was measured. The response always is.
    pub(crate) is_measured: bool,
    /// On the wire of the device, up and down.
    pub(crate) bytes: OnWire,
    pub(crate) round_trips: u64,
    /// Metered for the device's request and its response.
    pub(crate) messages: u64,
    /// Metered for what the splitter publishes.
    pub(crate) split_messages: u64,
    pub(crate) authorizer_invocations: u64,
    pub(crate) splitter_invocations: u64,
    pub(crate) table_writes: u64,
    /// Of a rule and of its action.
    pub(crate) rules: u64,
    pub(crate) gigabyte_seconds: f64,
    /// `None` where the radio's figures do not tell.
    pub(crate) charge_mc: Option<f64>,
    pub(crate) requests_a_month: f64,
    pub(crate) readings_a_month: f64,
    pub(crate) sleep_mc_a_month: Option<f64>,
    /// Of one request: what AWS has a price for.
    pub(crate) items: Vec<Item<'f>>,
}

/// So many of something, and the price of a million.
pub(crate) struct Item<'f> {
    pub(crate) what: &'static str,
    pub(crate) count: f64,
    pub(crate) price: &'f Price,
}

impl Item<'_> {
    /// `None` where no price is known.
    pub(crate) fn money(&self) -> Option<f64> {
        self.price.per_million.map(|of| self.count * of / 1e6)
    }
}

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

/// Of AWS's response to a publish, as docs/wire.md's `tests/responses/accepted.http`.
const RESPONSE_BODY: u64 = 65;
/// Of the requests that were measured. Those of a batch have one as long.
const TOPIC: &str = "uniqueID/status";
/// The topic of a batch for the splitter, by Basic Ingest (docs/deploy.md). The epoch is random, and has ten digits mostly.
pub(crate) const SPLIT_TOPIC: &str = "$aws/rules/readings/uniqueID/batch/4294967295";
/// What stands around a reading in it, at most.
const ELEMENT: &str = "[4294967295,]";
/// What the splitter writes around a reading, at most.
const AROUND: &str = r#"{"epoch":4294967295,"number":4294967295,"time":1789999940.1234567,"received":1790000000.123,"repeat":true,"reading":}"#;
const MONTH: f64 = 30.0 * 24.0 * 60.0 * 60.0;

impl<'f> Estimate<'f> {
    pub(crate) fn new(
        plan: &Plan,
        measured: &Measured,
        figures: &'f Figures,
        radio: &Radio,
    ) -> anyhow::Result<Self> {
        let splits = u64::from(plan.is_split);
        let element = plan.reading + splits * ELEMENT.len() as u64;
        // [a,b,…]: a comma or a bracket after each, and one before.
        let payload = if plan.batch == 1 {
            element
        } else {
            plan.batch * (element + 1) + 1
        };
        if payload > message::MAX_PAYLOAD as u64 {
            bail!(
                "{payload} bytes in a request are more than the 128 KB that AWS takes: make --batch smaller"
            );
        }
        let bytes = bytes(plan, measured, payload)?;
        let split_messages = splits
            * plan.batch
            * (metered(plan.reading + AROUND.len() as u64) + metered(RESPONSE_BODY));
        let messages = metered(payload) + metered(RESPONSE_BODY);
        let durations = &figures.durations;
        let milliseconds = durations.authorizer_ms
            + (splits * plan.batch) as f64 * durations.splitter_ms_per_reading;
        let requests_a_month = MONTH / plan.interval.as_secs_f64() / plan.batch as f64;
        let mut estimate = Self {
            payload,
            is_measured: is_measured(plan, measured),
            bytes,
            round_trips: round_trips(plan.transport),
            messages,
            split_messages,
            authorizer_invocations: 1,
            splitter_invocations: splits,
            // A claim, and its end.
            table_writes: splits * plan.batch * 2,
            rules: splits,
            gigabyte_seconds: milliseconds / 1000.0 * durations.memory_mb / 1024.0,
            charge_mc: charge(plan.transport, bytes, radio),
            requests_a_month,
            readings_a_month: requests_a_month * plan.batch as f64,
            sleep_mc_a_month: radio
                .sleep_mc_per_hour
                .map(|per_hour| per_hour * MONTH / 3600.0),
            items: Vec::new(),
        };
        estimate.items = estimate.items(&figures.prices);
        Ok(estimate)
    }

    fn items(&self, prices: &'f Prices) -> Vec<Item<'f>> {
        let messages = self.messages + self.split_messages;
        let invocations = self.authorizer_invocations + self.splitter_invocations;
        let rules = self.rules as f64;
        let item = |what, count, price| Item { what, count, price };
        let mut items = vec![
            item("messages", messages as f64, &prices.messages),
            item("invocations", invocations as f64, &prices.invocations),
            item(
                "GB seconds",
                self.gigabyte_seconds,
                &prices.gigabyte_seconds,
            ),
            item(
                "table writes",
                self.table_writes as f64,
                &prices.table_writes,
            ),
            item("rules triggered", rules, &prices.rules_triggered),
            item("rule actions", rules, &prices.rule_actions),
        ];
        items.retain(|item| item.count > 0.0);
        items
    }

    /// Of what has a price.
    pub(crate) fn price(&self) -> f64 {
        self.items.iter().filter_map(Item::money).sum()
    }

    pub(crate) fn unpriced(&self) -> Vec<&'static str> {
        let unpriced = self.items.iter().filter(|item| item.money().is_none());
        unpriced.map(|item| item.what).collect()
    }
}

fn is_measured(plan: &Plan, measured: &Measured) -> bool {
    let is_one = plan.batch == 1;
    let is_batch = plan.batch == measured.batch.readings;
    let is_unsigned = plan.scheme == Scheme::Unsigned;
    let is_request = match plan.transport {
        Transport::Tls12 | Transport::Tls13 => is_one || (is_batch && is_unsigned),
        Transport::Tls12Resumed | Transport::Kept => is_one && is_unsigned,
        Transport::Gateway => is_one,
    };
    is_request && !plan.is_split && plan.reading == measured.payload
}

/// What was measured, and the difference that another request makes: the bytes of its payload and its topic, the digits of
/// `content-length`, and the framing of each record of 16 KB more, which is TLS 1.2's or 1.3's as measured.
fn bytes(plan: &Plan, measured: &Measured, payload: u64) -> anyhow::Result<OnWire> {
    let name = match plan.scheme {
        Scheme::Unsigned => "unsigned",
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
const fn round_trips(transport: Transport) -> u64 {
    match transport {
        Transport::Tls12 => 1 + 2 + 1,
        Transport::Tls13 | Transport::Tls12Resumed => 1 + 1 + 1,
        Transport::Gateway => 1 + 1,
        Transport::Kept => 1,
    }
}

/// A message as long as the one that was measured costs what that one cost. A longer one costs more in proportion.
fn charge(transport: Transport, bytes: OnWire, radio: &Radio) -> Option<f64> {
    let [up, down] = bytes.message;
    let message = radio.message_mc * ((up + down) as f64 / radio.message_bytes).max(1.0);
    match transport {
        Transport::Kept => Some(message),
        // The figure of a connection holds its handshake's bytes.
        Transport::Tls12 | Transport::Tls13 => Some(radio.connection_mc? + message),
        // The figures are of a full handshake, and of a device that speaks TLS itself.
        Transport::Tls12Resumed | Transport::Gateway => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use motepost::batch::Batch;
    use motepost::{CustomAuthorizer, Publish, QoS};

    use super::*;
    use crate::cost::figures;

    static FIGURES: LazyLock<Figures> = LazyLock::new(|| figures::read(None).unwrap());

    fn try_estimate(plan: &Plan) -> anyhow::Result<Estimate<'static>> {
        let radio = &FIGURES.radios["nb-iot"];
        Estimate::new(plan, &figures::measured().unwrap(), &FIGURES, radio)
    }

    fn estimate(plan: &Plan) -> Estimate<'static> {
        try_estimate(plan).unwrap()
    }

    fn plan(transport: Transport, batch: u64) -> Plan {
        Plan {
            scheme: Scheme::Unsigned,
            interval: Duration::from_secs(3600),
            batch,
            reading: 45,
            transport,
            is_split: false,
        }
    }

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

    /// The promise of docs/cost.md. The splitter's own messages are not the device's.
    #[test]
    fn of_24_readings_in_one_request_each_costs_a_tenth() {
        for transport in [Transport::Tls12, Transport::Tls13] {
            for is_split in [false, true] {
                let one = estimate(&plan(transport, 1));
                let batch = estimate(&Plan {
                    is_split,
                    ..plan(transport, 24)
                });
                let bytes = |estimate: &Estimate<'_>| estimate.bytes.up() + estimate.bytes.down();
                assert!(bytes(&batch) * 10 <= bytes(&one) * 24);
                assert!(batch.messages * 10 <= one.messages * 24);
                assert!(batch.authorizer_invocations * 10 <= one.authorizer_invocations * 24);
                assert!(batch.charge_mc.unwrap() * 10.0 <= one.charge_mc.unwrap() * 24.0);
            }
        }
    }

    /// What the splitter writes around a reading can take it over 5 KB.
    #[test]
    fn what_the_splitter_publishes_is_metered_with_its_envelope() {
        let most = 5 * 1024 - AROUND.len() as u64;
        for (reading, messages) in [(most, 2 * 2), (most + 1, 2 * 3)] {
            let estimate = estimate(&Plan {
                reading,
                is_split: true,
                ..plan(Transport::Tls12, 2)
            });
            assert_eq!(estimate.split_messages, messages, "{reading}");
        }
    }

    /// The splitter publishes each reading, and AWS meters that too.
    #[test]
    fn what_the_splitter_publishes_is_counted() {
        let mut plan = plan(Transport::Tls12, 24);
        plan.is_split = true;
        let estimate = estimate(&plan);
        assert_eq!(estimate.split_messages, 48);
        assert_eq!(
            (estimate.splitter_invocations, estimate.table_writes),
            (1, 48)
        );
        assert_eq!(estimate.unpriced(), ["rules triggered", "rule actions"]);
    }

    #[test]
    fn a_month_has_720_hours() {
        let hourly = estimate(&plan(Transport::Tls12, 1));
        assert_eq!(
            (hourly.requests_a_month, hourly.readings_a_month),
            (720.0, 720.0)
        );
        let daily = estimate(&plan(Transport::Tls12, 24));
        assert_eq!(
            (daily.requests_a_month, daily.readings_a_month),
            (30.0, 720.0)
        );
    }

    #[test]
    fn more_than_aws_takes_is_refused() {
        for (batch, is_split, fits) in [
            (2849, false, true),
            (2850, false, false),
            (2221, true, true),
            (2222, true, false),
        ] {
            let plan = Plan {
                is_split,
                ..plan(Transport::Tls12, batch)
            };
            assert_eq!(try_estimate(&plan).is_ok(), fits, "{batch}");
        }
    }
}
