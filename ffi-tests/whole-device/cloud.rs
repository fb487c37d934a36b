//! The other end: local emulators with an authorizer for tokens minted with the time, and an MQTT subscriber of each.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use local_iot_core::{Authorizer, AuthorizerFunction, Config, LocalIotCore, TlsChain};
use motepost::token::{FleetKey, Freshness};
use serde_json::{Value, json};

use crate::Result;

/// As long as AWS's own, and of the same form.
pub const ENDPOINT: &str = "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com";
/// Checks minted tokens.
pub const AUTHORIZER: &str = "mintedAuthorizer";
/// What each device measures.
pub const READING: &str = r#"{"celsius":21.5}"#;

const FLEET_KEY: [u8; 32] = [7; 32];
const WINDOW_SECONDS: u64 = 300;
const TIMEOUT: Duration = Duration::from_secs(20);

/// What devices need to have at the other end: an emulator for each way to show certificates.
pub struct Cloud {
    emulators: Vec<(TlsChain, Emulator)>,
}

struct Emulator {
    core: LocalIotCore,
    readings: Receiver<(String, String)>,
}

/// The key of one device.
pub fn device_key(id: &str) -> [u8; 32] {
    *FleetKey::new(FLEET_KEY).device_key(id).as_bytes()
}

impl Cloud {
    /// Starts them.
    pub fn start() -> Result<Self> {
        let chains = [TlsChain::AwsRsa, TlsChain::AwsEcc, TlsChain::AwsBoth];
        let emulators = chains.map(|chain| Ok((chain, Emulator::start(chain)?)));
        Ok(Self {
            emulators: emulators.into_iter().collect::<Result<_>>()?,
        })
    }

    /// Where the one that shows this chain is.
    pub fn https_port(&self, chain: TlsChain) -> Result<u16> {
        Ok(self.of(chain)?.core.https_addr().port())
    }

    /// Where one of them is in the clear.
    pub fn http_port(&self) -> Result<u16> {
        Ok(self.of(TlsChain::AwsRsa)?.core.http_addr().port())
    }

    /// A root of each kind, of which one is that chain's.
    pub fn roots(&self, chain: TlsChain) -> Result<String> {
        Ok(match chain {
            TlsChain::AwsRsa | TlsChain::AwsEcc => {
                let [rsa, ecc] = [TlsChain::AwsRsa, TlsChain::AwsEcc].map(|chain| self.of(chain));
                rsa?.core.ca_pem().to_owned() + ecc?.core.ca_pem()
            }
            _ => self.of(chain)?.core.ca_pem().to_owned(),
        })
    }

    fn of(&self, chain: TlsChain) -> Result<&Emulator> {
        let mut emulators = self.emulators.iter();
        emulators
            .find(|(shown, _)| *shown == chain)
            .map(|(_, emulator)| emulator)
            .ok_or_else(|| format!("no emulator shows {chain:?}"))
    }

    /// How many requests they have seen.
    pub fn requests(&self) -> usize {
        let emulators = self.emulators.iter();
        emulators
            .flat_map(|(_, emulator)| emulator.core.trace())
            .filter(|entry| entry.topic.is_some())
            .count()
    }

    /// Waits for so many readings at the subscriber of whichever emulator took them, which must have had nothing to note.
    pub fn expect_readings(&self, topic: &str, count: usize) -> Result<()> {
        let took = |emulator: &&Emulator| {
            let trace = emulator.core.trace();
            trace
                .iter()
                .any(|entry| entry.accepted && entry.topic.as_deref() == Some(topic))
        };
        let mut emulators = self.emulators.iter().map(|(_, emulator)| emulator);
        let emulator = emulators
            .find(took)
            .ok_or_else(|| format!("no emulator has accepted anything on {topic}"))?;
        emulator.expect_readings(topic, count)
    }

    /// What they saw last.
    pub fn trace(&self) -> String {
        let emulators = self.emulators.iter();
        let last: Vec<_> = emulators
            .filter_map(|(_, emulator)| Some(emulator.core.trace().last()?.to_string()))
            .collect();
        last.join("\n")
    }
}

impl Emulator {
    fn start(chain: TlsChain) -> Result<Self> {
        let mut config = Config {
            tls_chain: chain,
            extra_names: vec![ENDPOINT.to_owned()],
            ..Config::default()
        };
        let function = minted_function(&config);
        config
            .authorizers
            .push(Authorizer::unsigned(AUTHORIZER, "token", function));
        let core = LocalIotCore::start(config).map_err(|e| e.to_string())?;
        let readings = ffi_tests::cloud::subscribe(core.mqtt_addr().port())?;
        Ok(Self { core, readings })
    }

    fn expect_readings(&self, topic: &str, count: usize) -> Result<()> {
        let deadline = Instant::now() + TIMEOUT;
        let mut left = count;
        while left > 0 {
            let time = deadline.saturating_duration_since(Instant::now());
            match self.readings.recv_timeout(time) {
                Ok((at, text)) if at == topic && text == READING => left -= 1,
                Ok(_) => {}
                Err(_) => {
                    return Err(format!(
                        "the subscriber received {} of {count} readings on {topic}",
                        count - left
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Checks minted tokens against a window of time, as a Lambda with the fleet key would.
fn minted_function(config: &Config) -> AuthorizerFunction {
    let arn = format!("arn:aws:iot:{}:{}", config.region, config.account);
    Arc::new(move |event| {
        let sent = |name: &str| event["protocolData"]["http"]["headers"][name].as_str();
        let (Some(id), Some(token)) = (sent("id"), sent("token")) else {
            return Err("no id or no token".into());
        };
        let device = FleetKey::new(FLEET_KEY).device_key(id);
        let Freshness::Time(time) = device.check(id, token).map_err(|e| e.to_string())? else {
            return Err("not a time".into());
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_err(|e| e.to_string())?.as_secs();
        if now.abs_diff(u64::from(time)) > WINDOW_SECONDS {
            return Ok::<Value, String>(json!({"isAuthenticated": false}));
        }
        let principal: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
        Ok(json!({
            "isAuthenticated": true,
            "principalId": principal,
            "policyDocuments": [{
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": "iot:Connect", "Resource": format!("{arn}:client/{id}")},
                    {"Effect": "Allow", "Action": "iot:Publish", "Resource": format!("{arn}:topic/{id}/*")},
                ],
            }],
            "disconnectAfterInSeconds": 3600,
            "refreshAfterInSeconds": 600,
        }))
    })
}
