//! The typical request, as each client is given it: none makes the path out of a topic, or names AWS's fields.

pub const HOST: &str = "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com";
pub const PATH: &str = "/topics/uniqueID/status?qos=1";
pub const AUTHORIZER: (&str, &str) = ("x-amz-customauthorizer-name", "unsignedAuthorizer");
pub const TOKEN: (&str, &str) = ("token", "allow");
pub const ID: (&str, &str) = ("id", "uniqueID");
pub const PAYLOAD: &[u8] = br#"{"message":"Hello from unsigned custom auth"}"#;
