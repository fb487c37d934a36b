//! AWS on this machine: the local emulator, which asks the fleet's own authorizer.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use local_iot_core::{Authorizer, AuthorizerFunction, Config, LocalIotCore, PublicKey};
use serde_json::Value;

use crate::support::Directory;

/// With the authorizers `minted` and `static`, and with `signed` if the directory has `signing.pub`. Fleet key and store are the
/// directory's own. The CA is left in `ca.pem`.
pub fn start(directory: &Directory) -> LocalIotCore {
    let mut authorizers = vec![
        Authorizer::unsigned("minted", "token", authorizer(directory, "minted")),
        Authorizer::unsigned("static", "token", authorizer(directory, "static")),
    ];
    if directory.join("signing.pub").exists() {
        let signing = PublicKey::from_pem("signing", &directory.read("signing.pub")).unwrap();
        let function = authorizer(directory, "signed");
        authorizers.push(Authorizer::signed(
            "signed",
            "token",
            vec![signing],
            function,
        ));
    }
    let emulator = LocalIotCore::start(Config {
        authorizers,
        ..Config::default()
    })
    .unwrap();
    directory.write("ca.pem", emulator.ca_pem());
    emulator
}

fn authorizer(directory: &Directory, scheme: &str) -> AuthorizerFunction {
    let (store, key) = (directory.join("store.json"), directory.join("fleet.key"));
    if !store.exists() {
        directory.write("store.json", r#"{"devices": {}}"#);
    }
    let scheme = scheme.to_owned();
    let variable = move |name: &str| match name {
        "SCHEMES" => Some(scheme.clone()),
        "IOT_ARN_PREFIX" => Some("arn:aws:iot:eu-central-1:123456789012".to_owned()),
        "STORE_FILE" => store.to_str().map(str::to_owned),
        "FLEET_KEY_FILE" if scheme == "minted" => key.to_str().map(str::to_owned),
        _ => None,
    };
    Arc::new(move |event: &Value| {
        // Opened anew for each event, as a new instance of the function would be: keys may have been rotated.
        let decide = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .as_secs();
            runtime.block_on(async {
                let config = motepost_authorizer::Config::from_environment(&variable)
                    .map_err(|error| error.to_string())?;
                let authorizer = motepost_authorizer::Authorizer::open(config)
                    .await
                    .map_err(|error| error.to_string())?;
                Ok(authorizer.decide(event, now).await.response())
            })
        };
        // In a thread of its own, because the local emulator's has a runtime already.
        std::thread::scope(|scope| scope.spawn(decide).join().unwrap())
    })
}
