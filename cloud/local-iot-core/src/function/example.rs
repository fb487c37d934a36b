//! The example function, which exists when no other is given: that of the blog post
//! [AWS IoT with Ultra Low Power Embedded Systems](https://jitter.nl/blog/2020/09/21/aws-iot-with-ultra-low-power-embedded-systems/).

use std::sync::Arc;

use motepost_contract::device_id::DeviceId;
use motepost_contract::policy::document::document;
use motepost_contract::{partition, query};
use serde_json::{Value, json};

use super::definition::AuthorizerFunction;

/// The token `allow` grants the topics `<id>/...` of the device whose `id` came with the
/// request, `deny` denies them, in any case; every other token is an error. Unlike the blog post's, it returns
/// no policy at all for an absent id, and refuses an id that would act as a wildcard in the policy.
pub(crate) fn new(region: &str, account: &str) -> AuthorizerFunction {
    let (region, account) = (region.to_owned(), account.to_owned());
    Arc::new(move |event| {
        let token = event
            .get("token")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let token = token.or_else(|| sent(event, "token"));
        let effect = match token.map(|token| token.to_ascii_lowercase()).as_deref() {
            Some("allow") => "Allow",
            Some("deny") => "Deny",
            Some(_) => return Err("Invalid token".to_owned()),
            None => {
                return Err(
                    "Invalid token: none in event.token, in the headers or in the query".to_owned(),
                );
            }
        };
        let id = sent(event, "id")
            .or_else(|| client_id(event))
            .filter(|id| DeviceId::parse(id).is_ok());
        let Some(id) = id else {
            return Ok(json!({"isAuthenticated": false}));
        };
        let arn = |resource: String| partition::arn("iot", &region, &account, &resource);
        let principal: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
        let mut statements = vec![
            json!({"Effect": effect, "Action": "iot:Connect", "Resource": arn(format!("client/{id}"))}),
            json!({"Effect": effect, "Action": ["iot:Publish", "iot:RetainPublish"], "Resource": arn(format!("topic/{id}/*"))}),
        ];
        if mqtt(event).is_some() {
            statements.extend([
                json!({"Effect": effect, "Action": "iot:Receive", "Resource": arn(format!("topic/{id}/*"))}),
                json!({"Effect": effect, "Action": "iot:Subscribe", "Resource": arn(format!("topicfilter/{id}/*"))}),
            ]);
        }
        Ok(json!({
            "isAuthenticated": true,
            "principalId": if principal.is_empty() { "device" } else { &principal },
            "policyDocuments": [document(&statements)],
            "disconnectAfterInSeconds": 3600,
            "refreshAfterInSeconds": 600,
        }))
    })
}

fn mqtt(event: &Value) -> Option<&Value> {
    event.get("protocolData")?.get("mqtt")
}

/// An MQTT client is its own id, unless it sends another.
fn client_id(event: &Value) -> Option<String> {
    let id = mqtt(event)?.get("clientId").and_then(Value::as_str)?;
    Some(id.to_owned())
}

/// A field that the device sent, as a header in any case or else in the query, which MQTT has in the user name.
fn sent(event: &Value, name: &str) -> Option<String> {
    if let Some(mqtt) = mqtt(event) {
        let (_, query) = mqtt.get("username")?.as_str()?.split_once('?')?;
        return String::from_utf8(query::find(query, name)?.bytes()?).ok();
    }
    let http = event.get("protocolData")?.get("http")?;
    let headers = http.get("headers").and_then(Value::as_object);
    let header = headers.and_then(|map| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)));
    if let Some((_, value)) = header {
        return value.as_str().map(str::to_owned);
    }
    let query = http.get("queryString")?.as_str()?.trim_start_matches('?');
    String::from_utf8(query::find(query, name)?.bytes()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(token: Option<&str>, headers: Value, query: &str) -> Value {
        json!({"token": token, "protocolData": {"http": {"headers": headers, "queryString": query}}})
    }

    fn ask(event: &Value) -> Result<Value, String> {
        new("eu-central-1", "123456789012")(event)
    }

    #[test]
    fn allow_grants_the_topics_of_the_id() {
        for event in [
            event(None, json!({"token": "allow", "id": "unique-ID"}), ""),
            event(None, json!({"TOKEN": "Allow", "ID": "unique-ID"}), ""),
            event(Some("ALLOW"), json!({"id": "unique-ID"}), ""),
            event(None, json!({}), "?token=allow&id=unique-ID"),
        ] {
            let response = ask(&event).unwrap();
            assert_eq!(response["isAuthenticated"], true);
            assert_eq!(response["principalId"], "uniqueID");
            let publish = &response["policyDocuments"][0]["Statement"][1];
            assert_eq!(publish["Effect"], "Allow");
            assert_eq!(
                publish["Resource"],
                "arn:aws:iot:eu-central-1:123456789012:topic/unique-ID/*"
            );
        }
    }

    #[test]
    fn an_mqtt_client_is_known_by_its_client_id_and_may_subscribe() {
        let username = "x?x-amz-customauthorizer-name=A&token=allow";
        let event = json!({"protocolData": {"mqtt": {"username": username, "clientId": "a"}}});
        let response = ask(&event).unwrap();
        assert_eq!(response["principalId"], "a");
        let subscribe = &response["policyDocuments"][0]["Statement"][3];
        assert_eq!(
            subscribe["Resource"],
            "arn:aws:iot:eu-central-1:123456789012:topicfilter/a/*"
        );
    }

    #[test]
    fn deny_is_a_well_formed_policy_that_denies() {
        let response = ask(&event(Some("deny"), json!({"id": "a"}), "")).unwrap();
        assert_eq!(response["isAuthenticated"], true);
        assert_eq!(
            response["policyDocuments"][0]["Statement"][1]["Effect"],
            "Deny"
        );
    }

    #[test]
    fn any_other_token_is_an_error() {
        for token in [Some("other"), Some(""), None] {
            assert!(
                ask(&event(token, json!({"id": "a"}), ""))
                    .unwrap_err()
                    .starts_with("Invalid token")
            );
        }
        assert!(ask(&json!({})).is_err());
    }

    #[test]
    fn an_id_that_is_absent_or_would_widen_the_policy_gets_none() {
        for headers in [
            json!({}),
            json!({"id": ""}),
            json!({"id": "*"}),
            json!({"id": "a?"}),
            json!({"id": "${*}"}),
            json!({"id": "a/b"}),
        ] {
            let response = ask(&event(Some("allow"), headers, "")).unwrap();
            assert_eq!(response, json!({"isAuthenticated": false}));
        }
    }
}
