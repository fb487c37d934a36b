//! The message that a request carries: its QoS, retain flag and MQTT 5 properties (API reference, "Publish").

use base64ct::{Base64, Encoding};
use motepost_contract::http::RequestHead;
use motepost_contract::message::{self, PAYLOAD_FORMAT};
use motepost_contract::query;
use motepost_contract::topic::{self, Topic};
use serde_json::Value;

pub(crate) struct Message {
    pub(crate) topic: Topic,
    pub(crate) payload: Vec<u8>,
    pub(crate) at_least_once: bool,
    pub(crate) retain: bool,
    pub(crate) content_type: Option<String>,
    pub(crate) response_topic: Option<String>,
    pub(crate) expiry_seconds: Option<u32>,
    pub(crate) user_properties: Vec<(String, String)>,
    pub(crate) payload_is_utf8: Option<bool>,
    pub(crate) correlation_data: Option<Vec<u8>>,
}

impl Message {
    /// The error says which field is at fault. AWS's own texts are UNCONFIRMED.
    pub(crate) fn read(
        topic: Topic,
        request: &RequestHead,
        payload: Vec<u8>,
    ) -> Result<Self, String> {
        let at_least_once = match parameter(request, "qos")? {
            None => false,
            Some(text) if text == "2" => {
                return Err("qos 2 is not supported by AWS IoT Core".to_owned());
            }
            Some(text) => message::at_least_once(text.as_bytes()).ok_or("qos must be 0 or 1")?,
        };
        let retain = match parameter(request, "retain")? {
            None => false,
            Some(text) => message::retain(text.as_bytes()).ok_or("retain must be true or false")?,
        };
        check_retain(&topic, retain)?;
        let response_topic = parameter(request, "responseTopic")?;
        if let Some(name) = &response_topic {
            topic::check(name.clone()).map_err(|fault| format!("responseTopic {fault}"))?;
        }
        let expiry_seconds = match parameter(request, "messageExpiry")? {
            None => None,
            Some(text) => Some(
                message::expiry_seconds(text.as_bytes())
                    .ok_or("messageExpiry must be a number of seconds up to 4294967295")?,
            ),
        };
        Ok(Self {
            topic,
            payload,
            at_least_once,
            retain,
            content_type: parameter(request, "contentType")?,
            response_topic,
            expiry_seconds,
            user_properties: user_properties(request)?,
            payload_is_utf8: match request.header(PAYLOAD_FORMAT) {
                None => None,
                Some(value) => Some(message::payload_is_utf8(value).ok_or_else(|| {
                    format!("{PAYLOAD_FORMAT} must be UNSPECIFIED_BYTES or UTF8_DATA")
                })?),
            },
            correlation_data: request
                .header("x-amz-mqtt5-correlation-data")
                .map(|text| base64(text, "x-amz-mqtt5-correlation-data"))
                .transpose()?,
        })
    }
}

/// Nothing is retained on a reserved topic (Developer Guide, "MQTT").
pub(crate) fn check_retain(topic: &Topic, retain: bool) -> Result<(), String> {
    if retain && topic.basic_ingest_rule.is_some() {
        return Err("a message to a reserved topic cannot be retained".to_owned());
    }
    Ok(())
}

fn parameter(request: &RequestHead, name: &str) -> Result<Option<String>, String> {
    let Some(parameter) = query::find(request.query().unwrap_or_default(), name) else {
        return Ok(None);
    };
    let text = parameter
        .bytes()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| format!("{name} is not percent-encoded UTF-8"))?;
    if text.contains('\0') {
        return Err(format!("{name} holds a NUL"));
    }
    Ok(Some(text))
}

/// A JSON array of objects with one pair each, such as `[{"a":"b"}]`, in base64.
fn user_properties(request: &RequestHead) -> Result<Vec<(String, String)>, String> {
    const NAME: &str = "x-amz-mqtt5-user-properties";
    let Some(text) = request.header(NAME) else {
        return Ok(Vec::new());
    };
    let wrong = || format!("{NAME} is not a JSON array of one-pair objects of strings");
    let list: Vec<Value> = serde_json::from_slice(&base64(text, NAME)?).map_err(|_| wrong())?;
    list.iter()
        .map(|item| {
            let object = item.as_object().filter(|object| object.len() == 1);
            let (key, value) = object.and_then(|o| o.iter().next()).ok_or_else(wrong)?;
            let value = value.as_str().ok_or_else(wrong)?;
            // MQTT 5 (section 1.5.4) forbids the null character in its strings.
            if key.contains('\0') || value.contains('\0') {
                return Err(wrong());
            }
            Ok((key.clone(), value.to_owned()))
        })
        .collect()
}

fn base64(text: &[u8], name: &str) -> Result<Vec<u8>, String> {
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| Base64::decode_vec(text).ok())
        .ok_or_else(|| format!("{name} is not standard base64"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(target: &str, headers: &str) -> Result<Message, String> {
        let head = format!("POST {target} HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        let request = RequestHead::parse(head.as_bytes(), 64).unwrap();
        let topic = topic::from_path(request.path().strip_prefix("/topics/").unwrap()).unwrap();
        Message::read(topic, &request, Vec::new())
    }

    #[test]
    fn nothing_said_is_qos_0_and_no_properties() {
        let message = read("/topics/a", "").ok().unwrap();
        assert!(!message.at_least_once && !message.retain && message.user_properties.is_empty());
        assert!(message.content_type.is_none() && message.expiry_seconds.is_none());
    }

    #[test]
    fn every_field_is_read() {
        let message = read(
            "/topics/a?qos=1&retain=true&contentType=text%2Fplain&responseTopic=r%2Ft&messageExpiry=60",
            "x-amz-mqtt5-user-properties: W3siYSI6ImIifV0=\r\nX-Amz-Mqtt5-Payload-Format-Indicator: UTF8_DATA\r\nx-amz-mqtt5-correlation-data: AAH/\r\n",
        )
        .ok()
        .unwrap();
        assert!(message.at_least_once && message.retain);
        assert_eq!(message.content_type.as_deref(), Some("text/plain"));
        assert_eq!(message.response_topic.as_deref(), Some("r/t"));
        assert_eq!(message.expiry_seconds, Some(60));
        assert_eq!(message.user_properties, [("a".to_owned(), "b".to_owned())]);
        assert_eq!(message.payload_is_utf8, Some(true));
        assert_eq!(
            message.correlation_data.as_deref(),
            Some([0, 1, 255].as_slice())
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let properties = |json: &str| {
            format!(
                "x-amz-mqtt5-user-properties: {}\r\n",
                Base64::encode_string(json.as_bytes())
            )
        };
        let rows = [
            ("?qos=2", String::new(), "qos 2 is not supported"),
            ("?qos=3", String::new(), "qos must be"),
            ("?qos=", String::new(), "qos must be"),
            ("?qos=01", String::new(), "qos must be"),
            ("?qos=%zz", String::new(), "qos is not percent-encoded"),
            ("?retain=1", String::new(), "retain must be"),
            ("?retain=True", String::new(), "retain must be"),
            ("?contentType=%ff", String::new(), "contentType is not"),
            (
                "?contentType=a%00",
                String::new(),
                "contentType holds a NUL",
            ),
            ("?responseTopic=a/%23", String::new(), "responseTopic"),
            ("?responseTopic=", String::new(), "responseTopic"),
            ("?messageExpiry=-1", String::new(), "messageExpiry"),
            ("?messageExpiry=", String::new(), "messageExpiry"),
            ("?messageExpiry=4294967296", String::new(), "messageExpiry"),
            ("", properties("{}"), "user-properties"),
            ("", properties("[{}]"), "user-properties"),
            ("", properties(r#"[{"a":"b","c":"d"}]"#), "user-properties"),
            ("", properties(r#"[{"a":1}]"#), "user-properties"),
            (
                "",
                "x-amz-mqtt5-user-properties: !\r\n".to_owned(),
                "standard base64",
            ),
            (
                "",
                "x-amz-mqtt5-payload-format-indicator: 1\r\n".to_owned(),
                "UTF8_DATA",
            ),
            (
                "",
                "x-amz-mqtt5-correlation-data: _-\r\n".to_owned(),
                "standard base64",
            ),
        ];
        for (query, headers, expected) in rows {
            let error = read(&format!("/topics/a{query}"), &headers).err().unwrap();
            assert!(error.contains(expected), "{query}{headers}: {error}");
        }
        let error = read("/topics/$aws/rules/r/a?retain=true", "")
            .err()
            .unwrap();
        assert!(error.contains("reserved topic"), "{error}");
    }
}
