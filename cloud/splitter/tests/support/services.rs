//! What the function speaks to: the local emulator with a subscriber, and moto's DynamoDB.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use base64ct::{Base64, Encoding};
use local_iot_core::LocalIotCore;
use motepost_splitter::{Config, Splitter};
use rumqttc::{Event, MqttOptions, Packet, QoS};
use serde_json::{Value, json};

use super::moto::{self, Moto};

/// Long enough for any machine; nothing waits for it unless a test fails.
pub const TIMEOUT: Duration = Duration::from_secs(120);
pub const TABLE: &str = "devices";

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// The function, with its environment.
pub fn splitter(variables: &[(&'static str, String)]) -> Splitter {
    let find = |name: &str| {
        let found = variables.iter().rev().find(|(key, _)| *key == name);
        found.map(|(_, value)| value.clone())
    };
    Splitter::new(&Config::from_environment(find).unwrap())
}

/// What the rule gives it.
pub fn event(topic: &str, payload: &[u8]) -> Value {
    // One millisecond after the other.
    static RECEIVED: AtomicU64 = AtomicU64::new(1_790_000_000_000);
    let received = RECEIVED.fetch_add(1, Ordering::Relaxed);
    json!({"topic": topic, "received": received, "data": Base64::encode_string(payload)})
}

/// A deadline.
pub fn far() -> SystemTime {
    SystemTime::now() + Duration::from_secs(3600)
}

/// What arrives on every device's topics.
pub struct Subscriber(Receiver<(String, Value)>);

impl Subscriber {
    pub fn start(emulator: &LocalIotCore) -> Self {
        let address = emulator.mqtt_addr();
        let mut options = MqttOptions::new("subscriber", address.ip().to_string(), address.port());
        options.set_max_packet_size(200_000, 200_000);
        let (client, mut connection) = rumqttc::Client::new(options, 10);
        for filter in ["+/readings", "+/unreadable"] {
            client.subscribe(filter, QoS::AtLeastOnce).unwrap();
        }
        let (sender, receiver) = mpsc::channel();
        let (ready, is_ready) = mpsc::channel();
        std::thread::spawn(move || {
            let _client = client;
            let mut subscribed = 0;
            for event in connection.iter() {
                match event {
                    Ok(Event::Incoming(Packet::SubAck(_))) => {
                        subscribed += 1;
                        if subscribed == 2 {
                            ready.send(()).unwrap();
                        }
                    }
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        let payload = serde_json::from_slice(&publish.payload).unwrap();
                        if sender.send((publish.topic, payload)).is_err() {
                            return;
                        }
                    }
                    Ok(_) => {}
                    // The emulator has ended.
                    Err(_) => return,
                }
            }
        });
        is_ready.recv_timeout(TIMEOUT).unwrap();
        Self(receiver)
    }

    pub fn next(&self) -> (String, Value) {
        self.0.recv_timeout(TIMEOUT).expect("a message")
    }

    /// So many, of any topic.
    pub fn take(&self, count: usize) -> Vec<Value> {
        (0..count).map(|_| self.next().1).collect()
    }

    /// Whatever has arrived. The emulator's 200 comes when the message waits for this subscriber; a last message by the
    /// owner comes after it.
    pub fn rest(&self, services: &Services) -> Vec<Value> {
        services.publish_last();
        let mut rest = Vec::new();
        loop {
            let (topic, payload) = self.next();
            if topic == "last/readings" {
                return rest;
            }
            rest.push(payload);
        }
    }
}

/// Both ends, and the function's environment.
pub struct Services {
    pub emulator: LocalIotCore,
    table: Option<(Moto, Client)>,
}

impl Services {
    /// Without a table, for a function that passes everything on.
    pub fn without_table(emulator: LocalIotCore) -> Self {
        Self {
            emulator,
            table: None,
        }
    }

    /// `None` where this Python has no moto: a line says so, and with `CI=true` that is a failure.
    pub fn start(emulator: LocalIotCore) -> Option<Self> {
        let moto = Moto::start()?;
        let client = block_on(moto.create_table(TABLE));
        Some(Self {
            emulator,
            table: Some((moto, client)),
        })
    }

    /// The items of the table: a claim each.
    pub async fn claims(&self) -> usize {
        let (_, client) = self.table.as_ref().expect("a table");
        let scan = client.scan().table_name(TABLE).send().await;
        scan.unwrap().items().len()
    }

    /// As in a Lambda.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = moto::lambda_variables();
        variables.push((
            "AWS_ENDPOINT_URL_IOT_DATA_PLANE",
            format!("http://{}", self.emulator.control_addr()),
        ));
        match &self.table {
            Some((moto, _)) => {
                variables.push(("STORE_TABLE", TABLE.to_owned()));
                variables.push(("AWS_ENDPOINT_URL_DYNAMODB", moto.endpoint.clone()));
            }
            None => variables.push(("REPEATS", "pass".to_owned())),
        }
        variables
    }

    /// A message of the owner's.
    fn publish_last(&self) {
        let variables = self.environment();
        let variables = variables
            .into_iter()
            .filter(|(name, _)| !["STORE_TABLE", "REPEATS"].contains(name))
            .chain([("REPEATS", "pass".to_owned())])
            .collect::<Vec<_>>();
        let splitter = splitter(&variables);
        let event = event("last/batch", b"[0]");
        let outcome = block_on(splitter.split(&event, far()));
        assert_eq!(outcome.published, 1, "{outcome:?}");
    }
}
