//! TestAuthorization: what a policy says to actions (API reference). The policies here are those that authorizers' functions returned;
//! AWS knows those attached to certificates and identities as well.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State};
use motepost_contract::policy::{Policy, PolicyDecision};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::{ApiError, invalid};
use super::request::read;
use super::response::{OperationResult, ok};
use crate::core::Core;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TestAuthorization {
    principal: Option<String>,
    cognito_identity_pool_id: Option<String>,
    auth_infos: Vec<AuthInfo>,
    #[serde(default)]
    policy_names_to_add: Vec<String>,
    #[serde(default)]
    policy_names_to_skip: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuthInfo {
    action_type: Option<String>,
    resources: Vec<String>,
}

pub(super) async fn test(
    State(core): State<Arc<Core>>,
    Query(query): Query<HashMap<String, String>>,
    body: Bytes,
) -> OperationResult {
    let wanted: TestAuthorization = read(&body)?;
    let documents = core.grants.documents(wanted.principal()?).ok_or_else(|| {
        ApiError::NotFound("no authorizer's function has returned this principalId since the emulator started: publish once as the device, or test-invoke-authorizer".to_owned())
    })?;
    let documents: Result<Vec<Value>, _> =
        documents.iter().map(|d| serde_json::from_str(d)).collect();
    let documents = documents.map_err(|error| ApiError::Internal(error.to_string()))?;
    let client_id = query.get("clientId").map(String::as_str);
    let policy = Policy::parse_for(
        &documents,
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        client_id,
        &str::to_owned,
    )
    .map_err(ApiError::InvalidRequest)?;
    if !(1..=10).contains(&wanted.auth_infos.len()) {
        return Err(invalid("authInfos has 1 to 10 entries"));
    }
    let results: Result<Vec<_>, _> = wanted.auth_infos.iter().map(|i| i.judge(&policy)).collect();
    ok(json!({"authResults": results?}))
}

impl TestAuthorization {
    /// Whose policies are known here.
    fn principal(&self) -> Result<&str, ApiError> {
        if self.cognito_identity_pool_id.is_some() {
            return Err(invalid(
                "cognitoIdentityPoolId: this local emulator has no identity pools",
            ));
        }
        if !self.policy_names_to_add.is_empty() || !self.policy_names_to_skip.is_empty() {
            return Err(invalid(
                "policyNamesToAdd, policyNamesToSkip: this local emulator has no policies with names, only those that authorizers' functions return",
            ));
        }
        match self.principal.as_deref() {
            None => Err(invalid("principal is missing")),
            Some(principal) if principal.contains(':') => Err(invalid(
                "principal: this local emulator has no certificates and no identities: name the principalId that an authorizer's function returned",
            )),
            Some(principal) => Ok(principal),
        }
    }
}

impl AuthInfo {
    /// One result for all of its resources; how AWS joins them is UNCONFIRMED.
    fn judge(&self, policy: &Policy) -> Result<Value, ApiError> {
        let action = match self.action_type.as_deref() {
            Some("PUBLISH") => "iot:Publish",
            Some("SUBSCRIBE") => "iot:Subscribe",
            Some("RECEIVE") => "iot:Receive",
            Some("CONNECT") => "iot:Connect",
            _ => {
                return Err(invalid(
                    "actionType is not PUBLISH, SUBSCRIBE, RECEIVE or CONNECT",
                ));
            }
        };
        if self.resources.is_empty() {
            return Err(invalid("resources is empty"));
        }
        if let Some(wrong) = self.resources.iter().find(|arn| !arn.starts_with("arn:")) {
            return Err(ApiError::InvalidRequest(format!(
                "resources: {wrong} is no ARN, such as arn:aws:iot:<region>:<account>:topic/<topic>"
            )));
        }
        let (mut allowed, mut denied, mut implicit) = (Vec::new(), Vec::new(), false);
        for resource in &self.resources {
            match policy.decide(action, resource) {
                PolicyDecision::Allowed { by } => allowed.push(json!({"policyName": by})),
                PolicyDecision::ExplicitDeny { by } => denied.push(json!({"policyName": by})),
                PolicyDecision::ImplicitDeny { .. } => implicit = true,
            }
        }
        let decision = match (denied.is_empty(), implicit) {
            (false, _) => "EXPLICIT_DENY",
            (true, true) => "IMPLICIT_DENY",
            (true, false) => "ALLOWED",
        };
        Ok(json!({
            "authInfo": {"actionType": self.action_type, "resources": self.resources},
            "allowed": {"policies": allowed},
            "denied": {"implicitDeny": {"policies": []}, "explicitDeny": {"policies": denied}},
            "authDecision": decision,
            "missingContextValues": [],
        }))
    }
}
