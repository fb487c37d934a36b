//! The arithmetic, for one device.

use anyhow::bail;
use motepost_contract::message::{self, metered};

use super::figures::{Figures, Measured, Price, Prices, Radio};
use super::plan::{Plan, Transport};
use super::wire::{self, ELEMENT, OnWire};

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
    pub(crate) table_reads: u64,
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

/// Of AWS's response to a publish, as docs/wire.md's `tests/responses/accepted.http`.
const RESPONSE_BODY: u64 = 65;
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
        let bytes = wire::bytes(plan, measured, payload)?;
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
            is_measured: wire::is_measured(plan, measured),
            bytes,
            round_trips: wire::round_trips(plan.transport),
            messages,
            split_messages,
            authorizer_invocations: 1,
            splitter_invocations: splits,
            // The authorizer looks the device up, or uses up its counter or time in one conditional write.
            table_reads: u64::from(!plan.is_once),
            // And of each reading of the splitter a claim, and its end.
            table_writes: u64::from(plan.is_once) + splits * plan.batch * 2,
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
            item("table reads", self.table_reads as f64, &prices.table_reads),
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
pub(super) mod tests {
    use std::sync::LazyLock;
    use std::time::Duration;

    use super::*;
    use crate::cost::figures;
    use crate::credentials::Scheme;

    static FIGURES: LazyLock<Figures> = LazyLock::new(|| figures::read(None).unwrap());

    fn try_estimate(plan: &Plan) -> anyhow::Result<Estimate<'static>> {
        let radio = &FIGURES.radios["nb-iot"];
        Estimate::new(plan, &figures::measured().unwrap(), &FIGURES, radio)
    }

    pub(in crate::cost) fn estimate(plan: &Plan) -> Estimate<'static> {
        try_estimate(plan).unwrap()
    }

    pub(in crate::cost) fn plan(transport: Transport, batch: u64) -> Plan {
        Plan {
            scheme: Scheme::Static,
            interval: Duration::from_secs(3600),
            batch,
            reading: 45,
            transport,
            is_split: false,
            is_once: false,
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

    /// Each run of the authorizer asks the table once.
    #[test]
    fn what_the_authorizer_asks_of_the_table_is_counted() {
        for (is_split, is_once, expected) in [
            (false, false, (1, 0)),
            (false, true, (0, 1)),
            (true, false, (1, 48)),
            (true, true, (0, 49)),
        ] {
            let estimate = estimate(&Plan {
                is_split,
                is_once,
                ..plan(Transport::Tls12, 24)
            });
            let counts = (estimate.table_reads, estimate.table_writes);
            assert_eq!(counts, expected);
            let items = |what| {
                let item = estimate.items.iter().find(|item| item.what == what);
                item.map_or(0, |item| item.count as u64)
            };
            assert_eq!((items("table reads"), items("table writes")), expected);
        }
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
