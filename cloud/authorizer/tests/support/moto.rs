//! moto's server in place of AWS's DynamoDB and Secrets Manager.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_types::SdkConfig;
use motepost_lambda::{AwsVariables, Timeouts, at};

use super::python;

/// The server ends with this value, and with this process.
pub struct Moto {
    server: Child,
    pub endpoint: String,
}

impl Moto {
    /// `None` where this Python has no moto: a line says so, and with `CI=true` that is a failure.
    pub fn start() -> Option<Self> {
        let mut server = python::with_module("moto.moto_server.werkzeug_app")?
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
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut port)
            .unwrap();
        Some(Self {
            server,
            endpoint: format!("http://127.0.0.1:{}", port.trim()),
        })
    }

    /// The way there for the test itself.
    pub fn sdk_config(&self) -> SdkConfig {
        let variables = lambda_variables();
        let find = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.clone())
        };
        let timeout = Duration::from_secs(60);
        let sdk = AwsVariables::read(find).unwrap().sdk_config(&Timeouts {
            connect: timeout,
            attempt: timeout,
            operation: timeout,
        });
        at(&sdk, Some(&self.endpoint))
    }

    /// The table of devices, empty.
    pub async fn create_table(&self, name: &str) -> Client {
        let client = Client::new(&self.sdk_config());
        let attribute = AttributeDefinition::builder()
            .attribute_name("id")
            .attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder()
            .attribute_name("id")
            .key_type(KeyType::Hash);
        let table = client
            .create_table()
            .table_name(name)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute.build().unwrap())
            .key_schema(key.build().unwrap());
        table.send().await.unwrap();
        client
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It fails only if the server has ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// What Lambda sets.
pub fn lambda_variables() -> Vec<(&'static str, String)> {
    let own = |name, value: &str| (name, value.to_owned());
    vec![
        own("AWS_REGION", "eu-central-1"),
        own("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        own("AWS_SECRET_ACCESS_KEY", "example"),
    ]
}
