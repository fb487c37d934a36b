//! The response of an authorizer function, checked against what AWS takes
//! (Developer Guide, "Defining your Lambda function").

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use motepost_contract::names;
use motepost_contract::policy::document::{MAX_CHARACTERS, MAX_DOCUMENTS};
use motepost_contract::policy::{Policy, PolicyDecision};
use serde_json::Value;

use crate::behaviour::Behaviour;
use crate::trace::redact::Secrets;

/// What a function grants to a device that it knows.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) principal: String,
    pub(crate) policy: Arc<GrantedPolicy>,
    /// The policy's documents, each in one line of JSON.
    pub(crate) documents: Vec<String>,
    pub(crate) refresh_after: Duration,
    pub(crate) disconnect_after: Duration,
}

/// A policy, and what must not be shown of it: a function can put a token into a Resource.
#[derive(Debug)]
pub(crate) struct GrantedPolicy {
    policy: Policy,
    secrets: Secrets,
}

impl GrantedPolicy {
    pub(crate) fn new(policy: Policy, secrets: Secrets) -> Self {
        Self { policy, secrets }
    }

    pub(crate) fn decide(&self, action: &str, resource: &str) -> PolicyDecision {
        let quote = |text: &str| self.secrets.cut_from(text);
        self.policy.decide_quoting(action, resource, &quote)
    }

    /// A resource that the client named, as the trace may show it.
    pub(crate) fn shown(&self, resource: &str) -> String {
        self.secrets.cut_from_name(resource)
    }

    /// Whether it allows the action on a resource that begins so.
    pub(crate) fn allows_somewhere(&self, action: &str, beginning: &str) -> bool {
        self.policy.allows_somewhere(action, beginning)
    }
}

/// What the function grants, `None` if it does not know the device, or which field breaks which rule.
pub(crate) fn check(
    response: &Value,
    peer: IpAddr,
    client_id: Option<&str>,
    behaviour: &Behaviour,
    secrets: &Secrets,
) -> Result<Option<Grant>, String> {
    let response = match response {
        Value::String(text) if behaviour.string_response => Cow::Owned(
            serde_json::from_str(text)
                .map_err(|_| "the function returned a string that is not JSON")?,
        ),
        other => Cow::Borrowed(other),
    };
    let fields = response.as_object().ok_or_else(|| match *response {
        Value::String(_) => {
            "the function returned a JSON string where an object belongs: encoded twice?".to_owned()
        }
        _ => "the function returned something other than a JSON object".to_owned(),
    })?;
    match fields.get("isAuthenticated") {
        Some(Value::Bool(true)) => {}
        // With false the other fields go unread: functions in the wild then return zeros and nulls.
        Some(Value::Bool(false)) => return Ok(None),
        Some(_) => return Err("isAuthenticated is neither true nor false".to_owned()),
        None => return Err("the function's response lacks isAuthenticated".to_owned()),
    }
    let principal = fields.get("principalId").and_then(Value::as_str);
    let principal = principal.ok_or("principalId is missing or not a string")?;
    if !(1..=names::MAX_LEN).contains(&principal.len()) {
        return Err(format!(
            "principalId has {} characters, not 1 to 128",
            principal.len()
        ));
    }
    if let Some(wrong) = principal.chars().find(|c| !c.is_ascii_alphanumeric()) {
        return Err(format!(
            "principalId holds {wrong:?}: only letters and digits are allowed, not even a dash"
        ));
    }
    let seconds = |name: &str| match fields.get(name).map(Value::as_u64) {
        Some(Some(seconds @ 300..=86_400)) => Ok(Duration::from_secs(seconds)),
        Some(_) => Err(format!("{name} is not a whole number from 300 to 86400")),
        None => Err(format!("the function's response lacks {name}")),
    };
    let disconnect_after = seconds("disconnectAfterInSeconds")?;
    let refresh_after = seconds("refreshAfterInSeconds")?;
    let documents = fields.get("policyDocuments").and_then(Value::as_array);
    let documents = documents.ok_or("policyDocuments is missing or not a list")?;
    if documents.len() > MAX_DOCUMENTS {
        return Err(format!(
            "policyDocuments has {} documents, and AWS takes {MAX_DOCUMENTS}",
            documents.len()
        ));
    }
    if !behaviour.string_policy_documents && documents.iter().any(Value::is_string) {
        return Err("policyDocuments holds a string where an object belongs".to_owned());
    }
    let documents: Result<Vec<_>, _> = documents.iter().enumerate().map(document).collect();
    let documents = documents?;
    let quote = |text: &str| secrets.cut_from(text);
    let policy = Policy::parse_for(&documents, peer, client_id, &quote)?;
    Ok(Some(Grant {
        principal: principal.to_owned(),
        policy: Arc::new(GrantedPolicy::new(policy, secrets.clone())),
        documents: documents.iter().map(Value::to_string).collect(),
        refresh_after,
        disconnect_after,
    }))
}

/// An object, or its text: strings were the form before 2020, and are still what TestInvokeAuthorizer shows.
fn document((index, document): (usize, &Value)) -> Result<Value, String> {
    let place = index + 1;
    let text = match document {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    // Whether AWS counts white space here is UNCONFIRMED; it does not in an object's, for there is none.
    let length = text.chars().count();
    if length > MAX_CHARACTERS {
        return Err(format!(
            "policy document {place} has {length} characters, and AWS takes {MAX_CHARACTERS}"
        ));
    }
    match document {
        Value::String(text) => serde_json::from_str(text)
            .map_err(|_| format!("policy document {place} is a string but not JSON")),
        other => Ok(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn response() -> Value {
        let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        json!({
            "isAuthenticated": true,
            "principalId": "device1",
            "policyDocuments": [{"Version": "2012-10-17", "Statement": [statement]}],
            "disconnectAfterInSeconds": 86400,
            "refreshAfterInSeconds": 300,
        })
    }

    fn with(field: &str, value: Value) -> Result<Option<Grant>, String> {
        let mut response = response();
        response[field] = value;
        judge(&response)
    }

    fn judge(response: &Value) -> Result<Option<Grant>, String> {
        check(
            response,
            IpAddr::from([127, 0, 0, 1]),
            None,
            &Behaviour::default(),
            &Secrets::default(),
        )
    }

    #[test]
    fn documents_may_be_objects_or_strings() {
        let object = response()["policyDocuments"][0].clone();
        let string = Value::String(object.to_string());
        assert!(with("policyDocuments", json!([object, string])).is_ok());
    }

    #[test]
    fn whether_strings_will_do_is_a_switch() {
        let check = |response: &Value, behaviour: &Behaviour| {
            let peer = IpAddr::from([127, 0, 0, 1]);
            super::check(response, peer, None, behaviour, &Secrets::default())
        };
        let mut documents = response();
        documents["policyDocuments"][0] =
            Value::String(documents["policyDocuments"][0].to_string());
        let whole = Value::String(response().to_string());
        let behaviour = |string_policy_documents, string_response| Behaviour {
            string_policy_documents,
            string_response,
            ..Behaviour::default()
        };
        assert!(check(&documents, &behaviour(true, false)).is_ok());
        assert!(check(&documents, &behaviour(false, false)).is_err());
        assert!(check(&whole, &behaviour(true, false)).is_err());
        assert!(check(&whole, &behaviour(true, true)).is_ok());
        let nonsense = Value::from("nonsense");
        assert!(check(&nonsense, &behaviour(true, true)).is_err());
    }

    #[test]
    fn an_empty_list_of_documents_is_well_formed() {
        assert!(with("policyDocuments", json!([])).is_ok());
    }

    #[test]
    fn unknown_fields_are_let_be() {
        assert!(with("context", json!({})).is_ok());
    }

    #[test]
    fn the_field_and_the_rule_it_breaks_are_named() {
        let document = response()["policyDocuments"][0].clone();
        let long = json!([{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "x".repeat(2048)}]}]);
        let rows = [
            ("isAuthenticated", json!("true"), "neither true nor false"),
            ("principalId", json!(""), "0 characters"),
            ("principalId", json!("x".repeat(129)), "129 characters"),
            ("principalId", json!("a-b"), "'-'"),
            ("principalId", json!(7), "missing or not a string"),
            (
                "disconnectAfterInSeconds",
                json!(299),
                "disconnectAfterInSeconds",
            ),
            ("disconnectAfterInSeconds", json!(86401), "300 to 86400"),
            ("refreshAfterInSeconds", json!(0), "refreshAfterInSeconds"),
            ("refreshAfterInSeconds", json!(300.5), "whole number"),
            ("refreshAfterInSeconds", json!("300"), "whole number"),
            ("policyDocuments", json!({}), "not a list"),
            ("policyDocuments", Value::Null, "not a list"),
            ("policyDocuments", json!(vec![document; 11]), "11 documents"),
            ("policyDocuments", long, "2048"),
            ("policyDocuments", json!(["{"]), "not JSON"),
        ];
        for (field, value, expected) in rows {
            let error = with(field, value).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_missing_field_or_object_is_named() {
        for field in [
            "isAuthenticated",
            "principalId",
            "policyDocuments",
            "disconnectAfterInSeconds",
            "refreshAfterInSeconds",
        ] {
            let mut response = response();
            response.as_object_mut().unwrap().remove(field);
            assert!(judge(&response).unwrap_err().contains(field));
        }
        for response in [json!([]), json!("{}"), Value::Null] {
            assert!(
                judge(&response)
                    .unwrap_err()
                    .contains("the function returned")
            );
        }
    }

    #[test]
    fn zeros_and_nulls_next_to_false_are_still_just_false() {
        let response = json!({"isAuthenticated": false, "principalId": "", "policyDocuments": null, "disconnectAfterInSeconds": 0});
        assert!(matches!(judge(&response), Ok(None)));
    }
}
