//! The arithmetic, for one device.

use std::time::Duration;

use anyhow::{Context as _, bail};
use motepost_contract::message::{self, metered};

use super::figures::{Figures, Measured, Price, Radio, Wake};
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
pub(crate) struct Estimate {
    /// Of the payload.
    pub(crate) payload: u64,
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
    /// Money of one request, by what it is for. `None` where no price is known.
    pub(crate) money: Vec<(&'static str, f64, Option<f64>)>,
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
/// What the splitter writes around a reading, at most: `{"epoch":…,"number":…,"time":…,"received":…,"reading":…}`.
const AROUND: u64 = 110;
const MONTH: f64 = 30.0 * 24.0 * 60.0 * 60.0;

impl Estimate {
    pub(crate) fn new(
        plan: &Plan,
        measured: &Measured,
        figures: &Figures,
        radio: &Radio,
    ) -> anyhow::Result<Self> {
        // [a,b,…]: a comma or a bracket after each, and one before.
        let payload = if plan.batch == 1 {
            plan.reading
        } else {
            plan.batch * (plan.reading + 1) + 1
        };
        if payload > message::MAX_PAYLOAD as u64 {
            bail!(
                "{payload} bytes in a request are more than the 128 KB that AWS takes: make --batch smaller"
            );
        }
        let bytes = bytes(plan, measured, payload)?;
        let splits = u64::from(plan.is_split);
        let split_messages =
            splits * plan.batch * (metered(plan.reading + AROUND) + metered(RESPONSE_BODY));
        let messages = metered(payload) + metered(RESPONSE_BODY);
        let durations = &figures.durations;
        let milliseconds = durations.authorizer_ms
            + (splits * plan.batch) as f64 * durations.splitter_ms_per_reading;
        let requests_a_month = MONTH / plan.interval.as_secs_f64() / plan.batch as f64;
        let mut estimate = Self {
            payload,
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
            money: Vec::new(),
        };
        estimate.money = estimate.money(figures);
        Ok(estimate)
    }

    fn money(&self, figures: &Figures) -> Vec<(&'static str, f64, Option<f64>)> {
        let prices = &figures.prices;
        let invocations = self.authorizer_invocations + self.splitter_invocations;
        let rows: [(&str, f64, &Price); 6] = [
            (
                "messages",
                (self.messages + self.split_messages) as f64,
                &prices.messages,
            ),
            ("invocations", invocations as f64, &prices.invocations),
            (
                "GB seconds",
                self.gigabyte_seconds,
                &prices.gigabyte_seconds,
            ),
            (
                "table writes",
                self.table_writes as f64,
                &prices.table_writes,
            ),
            (
                "rules triggered",
                self.rules as f64,
                &prices.rules_triggered,
            ),
            ("rule actions", self.rules as f64, &prices.rule_actions),
        ];
        let priced = rows.into_iter().filter(|(_, count, _)| *count > 0.0);
        priced
            .map(|(name, count, price)| (name, count, price.per_million.map(|of| count * of / 1e6)))
            .collect()
    }

    /// Of what has a price.
    pub(crate) fn price(&self) -> f64 {
        self.money.iter().filter_map(|(_, _, money)| *money).sum()
    }

    pub(crate) fn unpriced(&self) -> Vec<&'static str> {
        let unpriced = self.money.iter().filter(|(_, _, money)| money.is_none());
        unpriced.map(|(name, _, _)| *name).collect()
    }
}

/// What was measured, and the difference that another payload makes: its bytes, the digits of `content-length`, and 29
/// bytes for each record of 16 KB more.
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
    let request = |plain: u64| {
        let digits = |number: u64| u64::from(number.checked_ilog10().unwrap_or(0)) + 1;
        plain + payload + digits(payload) - measured.payload - digits(measured.payload)
    };
    let over_tls = |wake: Wake, handshake: [u64; 2]| {
        const RECORD: u64 = 16 * 1024;
        const FRAMING: u64 = 29;
        let [up, down] = wake.records;
        let plain = request(wake.plain[0]);
        let more = (plain.div_ceil(RECORD) - 1) * FRAMING;
        OnWire {
            handshake,
            message: [up + plain - wake.plain[0] + more, down],
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
    use super::*;
    use crate::cost::figures;

    fn estimate(plan: &Plan) -> Estimate {
        let figures = figures::read(None).unwrap();
        let radio = &figures.radios["nb-iot"];
        Estimate::new(plan, &figures::measured().unwrap(), &figures, radio).unwrap()
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

    /// The promise of docs/cost.md.
    #[test]
    fn of_24_readings_in_one_request_each_costs_a_tenth() {
        for transport in [Transport::Tls12, Transport::Tls13] {
            let one = estimate(&plan(transport, 1));
            let batch = estimate(&plan(transport, 24));
            let bytes = |estimate: &Estimate| estimate.bytes.up() + estimate.bytes.down();
            assert!(bytes(&batch) * 10 <= bytes(&one) * 24);
            assert!(batch.messages * 10 <= one.messages * 24);
            assert!(batch.authorizer_invocations * 10 <= one.authorizer_invocations * 24);
            assert!(batch.charge_mc.unwrap() * 10.0 <= one.charge_mc.unwrap() * 24.0);
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
        let figures = figures::read(None).unwrap();
        let measured = figures::measured().unwrap();
        for (batch, fits) in [(2849, true), (2850, false)] {
            let plan = plan(Transport::Tls12, batch);
            let made = Estimate::new(&plan, &measured, &figures, &figures.radios["nb-iot"]);
            assert_eq!(made.is_ok(), fits, "{batch}");
        }
    }
}
