//! Policy documents as an authorizer function returns them (Developer Guide, "Defining your Lambda function").

use serde_json::{Value, json};

/// The version that every document has.
pub const VERSION: &str = "2012-10-17";
/// AWS takes so many documents in one response,
pub const MAX_DOCUMENTS: usize = 10;
/// and so many characters in each.
pub const MAX_CHARACTERS: usize = 2048;

/// A document of these statements.
pub fn document(statements: &[Value]) -> Value {
    json!({"Version": VERSION, "Statement": statements})
}

/// A statement that allows an action, or a list of them, on a resource.
pub fn allow(action: Value, resource: String) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}
