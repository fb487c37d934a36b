//! What the function speaks to: the local emulator with a subscriber, and moto's DynamoDB.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_smithy_http_client::Builder;
use base64ct::{Base64, Encoding};
use local_iot_core::LocalIotCore;
use motepost_splitter::{Config, Splitter};
use rumqttc::{Event, MqttOptions, Packet, QoS};
use serde_json::{Value, json};

use super::python;

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
    database: Option<Child>,
    endpoint: String,
}

impl Services {
    /// Without a table, for a function that passes everything on.
    pub fn without_table(emulator: LocalIotCore) -> Self {
        Self {
            emulator,
            database: None,
            endpoint: String::new(),
        }
    }

    /// `None` where this Python has no moto: a line says so, and with `CI=true` that is a failure.
    pub fn start(emulator: LocalIotCore) -> Option<Self> {
        let mut database = python::with_module("moto.moto_server.werkzeug_app")?
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../authorizer/tests/dynamodb_server.py"
            ))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(database.stdout.take().unwrap())
            .read_line(&mut port)
            .unwrap();
        let services = Self {
            emulator,
            database: Some(database),
            endpoint: format!("http://127.0.0.1:{}", port.trim()),
        };
        block_on(services.create_table());
        Some(services)
    }

    fn client(&self) -> Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new(
                "AKIAEXAMPLE",
                "example",
                None,
                None,
                "test",
            ))
            .http_client(Builder::new().build_http())
            .endpoint_url(&self.endpoint)
            .build();
        Client::from_conf(config)
    }

    async fn create_table(&self) {
        let attribute = AttributeDefinition::builder()
            .attribute_name("id")
            .attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder()
            .attribute_name("id")
            .key_type(KeyType::Hash);
        let table = self.client().create_table();
        let table = table
            .table_name(TABLE)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute.build().unwrap())
            .key_schema(key.build().unwrap());
        table.send().await.unwrap();
    }

    /// The items of the table: a claim each.
    pub async fn claims(&self) -> usize {
        let scan = self.client().scan().table_name(TABLE).send().await;
        scan.unwrap().items().len()
    }

    /// As in a Lambda.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let own = |name, value: &str| (name, value.to_owned());
        let mut variables = vec![
            own("AWS_REGION", "eu-central-1"),
            own("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
            own("AWS_SECRET_ACCESS_KEY", "example"),
            (
                "AWS_ENDPOINT_URL_IOT_DATA_PLANE",
                format!("http://{}", self.emulator.control_addr()),
            ),
        ];
        if self.database.is_some() {
            variables.push(own("STORE_TABLE", TABLE));
            variables.push(own("AWS_ENDPOINT_URL_DYNAMODB", &self.endpoint));
        } else {
            variables.push(own("REPEATS", "pass"));
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

impl Drop for Services {
    fn drop(&mut self) {
        if let Some(database) = &mut self.database {
            // It fails only if the server has ended already.
            let _ = database.kill();
            let _ = database.wait();
        }
    }
}
