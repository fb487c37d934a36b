//! The other end: the local emulator with an authorizer for each kind of token, and an MQTT subscriber.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use local_iot_core::{Authorizer, AuthorizerFunction, Config, LocalIotCore, PublicKey};
use motepost::token::{FleetKey, Freshness};
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer};
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, String>;

/// The blog post's authorizer.
pub const UNSIGNED: &str = "unsignedAuthorizer";
/// The one that demands a signature.
pub const SIGNED: &str = "signedAuthorizer";
/// The one that checks minted tokens.
pub const MINTED: &str = "mintedAuthorizer";

const TIMEOUT: Duration = Duration::from_secs(20);

/// What a device needs to have at the other end.
pub struct Cloud {
    emulator: LocalIotCore,
    readings: Receiver<(String, String)>,
    signing_key: SigningKey<Sha256>,
    fleet_key: [u8; 32],
    // Removed with everything in it.
    dir: tempfile::TempDir,
}

impl Cloud {
    /// With keys of its own, new each time.
    pub fn start() -> Result<Self> {
        let key = rsa::PrivateKey::new(&mut UnwrapErr(SysRng), 2048).map_err(|e| e.to_string())?;
        let signing_key = SigningKey::<Sha256>::new(key);
        let public_key = rsa::PublicKey::from(signing_key.as_ref())
            .to_public_key_pem(LineEnding::LF)
            .map_err(|e| e.to_string())?;
        let keys = vec![PublicKey::from_pem("firmware", &public_key)?];
        let mut fleet_key = [0; 32];
        getrandom::fill(&mut fleet_key).map_err(|e| e.to_string())?;

        let mut config = Config::default().with_signed_authorizer(SIGNED, keys);
        let function = minted_function(fleet_key, &config);
        config
            .authorizers
            .push(Authorizer::unsigned(MINTED, "token", function));
        let emulator = LocalIotCore::start(config).map_err(|e| e.to_string())?;
        let readings = subscribe(emulator.mqtt_addr().port())?;
        let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
        let cloud = Self {
            emulator,
            readings,
            signing_key,
            fleet_key,
            dir,
        };
        std::fs::write(cloud.ca_file(), cloud.emulator.ca_pem()).map_err(|e| e.to_string())?;
        Ok(cloud)
    }

    /// The name that the certificate is for.
    pub fn endpoint(&self) -> &str {
        self.emulator.endpoint()
    }

    /// Where HTTPS is.
    pub fn https_port(&self) -> u16 {
        self.emulator.https_addr().port()
    }

    /// Where the same is in the clear.
    pub fn http_port(&self) -> u16 {
        self.emulator.http_addr().port()
    }

    /// The CA, in PEM.
    pub fn ca_pem(&self) -> &str {
        self.emulator.ca_pem()
    }

    /// What a gateway trusts.
    pub fn ca_file(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// Whatever the gateway writes.
    pub fn file(&self, name: &str) -> PathBuf {
        Path::new(self.dir.path()).join(name)
    }

    /// The signature of a token, raw.
    pub fn sign(&self, token: &str) -> Vec<u8> {
        self.signing_key.sign(token.as_bytes()).to_vec()
    }

    /// The key of one device.
    pub fn device_key(&self, id: &str) -> [u8; 32] {
        *FleetKey::new(self.fleet_key).device_key(id).as_bytes()
    }

    /// Waits for a reading at the subscriber.
    pub fn expect_reading(&self, topic: &str, reading: &str) -> Result<()> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.readings.recv_timeout(left) {
                Ok((at, text)) if at == topic && text == reading => return Ok(()),
                Ok(_) => {}
                Err(_) => return Err(format!("the subscriber received nothing on {topic}")),
            }
        }
    }

    /// Why the local emulator refused what was published there.
    pub fn refusal(&self, topic: &str) -> Result<String> {
        let trace = self.emulator.trace();
        let refused = |entry: &&local_iot_core::TraceEntry| {
            !entry.accepted && entry.topic.as_deref() == Some(topic)
        };
        let entry = trace.iter().rev().find(refused);
        entry
            .map(|entry| entry.reason.clone())
            .ok_or_else(|| format!("the trace has no refusal on {topic}"))
    }

    /// What works here and may not with AWS, of what was taken there: an SNI that is missing, for instance.
    pub fn notes(&self, topic: &str) -> Result<Vec<String>> {
        let trace = self.emulator.trace();
        let taken = |entry: &&local_iot_core::TraceEntry| {
            entry.accepted && entry.topic.as_deref() == Some(topic)
        };
        let entry = trace.iter().rev().find(taken);
        entry
            .map(|entry| entry.notes.clone())
            .ok_or_else(|| format!("the trace has nothing that was taken on {topic}"))
    }

    /// What the local emulator saw, for the person who looks for a fault.
    pub fn trace(&self) -> String {
        let last: Vec<_> = self
            .emulator
            .trace()
            .iter()
            .rev()
            .take(3)
            .map(ToString::to_string)
            .collect();
        last.join("\n")
    }
}

/// Checks minted tokens with counters, as a Lambda with the fleet key would.
fn minted_function(fleet_key: [u8; 32], config: &Config) -> AuthorizerFunction {
    let arn = format!("arn:aws:iot:{}:{}", config.region, config.account);
    let used = Mutex::new(std::collections::HashMap::<String, u32>::new());
    Arc::new(move |event| {
        let sent = |name: &str| event["protocolData"]["http"]["headers"][name].as_str();
        let (Some(id), Some(token)) = (sent("id"), sent("token")) else {
            return Err("no id or no token".into());
        };
        let device = FleetKey::new(fleet_key).device_key(id);
        let Freshness::Counter(count) = device.check(id, token).map_err(|e| e.to_string())? else {
            return Err("not a counter".into());
        };
        let mut used = used.lock().unwrap_or_else(PoisonError::into_inner);
        let last = used.entry(id.to_owned()).or_default();
        if count <= *last {
            return Err("the counter has not grown".into());
        }
        *last = count;
        let principal: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
        Ok::<Value, String>(json!({
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

/// What arrives, once the broker has confirmed the subscription.
///
/// # Errors
/// When the broker does not confirm it in time.
pub fn subscribe(port: u16) -> Result<Receiver<(String, String)>> {
    let options = rumqttc::MqttOptions::new("onlooker", "127.0.0.1", port);
    let (client, mut connection) = rumqttc::Client::new(options, 10);
    client
        .subscribe("#", rumqttc::QoS::AtLeastOnce)
        .map_err(|e| e.to_string())?;
    let (ready, is_ready) = channel();
    let (sender, readings) = channel();
    std::thread::spawn(move || {
        // Keeps the connection for as long as somebody looks.
        let _client = client;
        for event in connection.iter() {
            match event {
                Ok(rumqttc::Event::Incoming(rumqttc::Packet::SubAck(_))) => {
                    let _ = ready.send(());
                }
                Ok(rumqttc::Event::Incoming(rumqttc::Packet::Publish(publish))) => {
                    let text = String::from_utf8_lossy(&publish.payload).into_owned();
                    if sender.send((publish.topic, text)).is_err() {
                        return;
                    }
                }
                Ok(_) => {}
                Err(_) => return,
            }
        }
    });
    is_ready
        .recv_timeout(TIMEOUT)
        .map_err(|_| "the local emulator's broker did not confirm the subscription".to_owned())?;
    Ok(readings)
}
