//! Asks the authorizer that a request is for: what its function grants, or why nothing.

use std::sync::Arc;
use std::time::Duration;

use motepost_contract::http::RequestHead;
use serde_json::Value;

use super::credentials::{self, Token};
use super::event::{self, Protocols};
use super::peer::Peer;
use super::refusal::{Findings, Refusal, refusal, unauthenticated};
use crate::authorizers::record::AuthorizerRecord;
use crate::authorizers::response::{self, Grant};
use crate::behaviour::FunctionFailure;
use crate::core::Core;
use crate::http::Status;
use crate::trace::entry::Stage;
use crate::trace::redact::Secrets;

/// Shorter waits are in the invocation alone.
const WORTH_A_NOTE: Duration = Duration::from_millis(100);

/// The authorizer that the request is for, and its token, verified if it must be.
pub(crate) fn identify(
    core: &Core,
    server_name: Option<&str>,
    request: &RequestHead,
    findings: &mut Findings,
) -> Result<(Arc<AuthorizerRecord>, Token), Refusal> {
    findings.stage = Stage::Authorizer;
    let behaviour = &core.config.behaviour;
    let named = credentials::authorizer_name(request)
        .map_err(|reason| unauthenticated(behaviour, reason))?;
    let authorizer = core
        .registry
        .read(|account| account.resolve(named, server_name, behaviour.authorizer_override))
        .map_err(|error| {
            findings.authorizer = error.name;
            unauthenticated(behaviour, error.reason)
        })?;
    findings.authorizer = Some(authorizer.name.clone());
    let token = credentials::token(&authorizer, request, behaviour)
        .map_err(|reason| unauthenticated(behaviour, reason))?;
    if let Some(key) = &token.verified_by {
        findings
            .notes
            .push(format!("the signature verifies under the key {key}"));
    }
    Ok((authorizer, token))
}

/// What an authorizer's function is asked. No `Debug`: it holds credentials.
pub(crate) struct Question<'a> {
    pub(crate) authorizer: &'a AuthorizerRecord,
    pub(crate) token: &'a Token,
    pub(crate) protocols: Protocols<'a>,
    /// Of an MQTT client.
    pub(crate) client_id: Option<&'a str>,
    /// What the trace must not show.
    pub(crate) secrets: Secrets,
}

/// What the authorizer's function grants.
pub(crate) async fn ask(
    core: &Core,
    peer: &Peer,
    question: Question<'_>,
    findings: &mut Findings,
) -> Result<Grant, Refusal> {
    let behaviour = &core.config.behaviour;
    let Question {
        authorizer,
        token,
        protocols,
        client_id,
        secrets,
    } = question;
    let names = behaviour.event_header_names;
    let event = event::build(&protocols, &peer.connection_id, token, names);
    let failed = |reason: String| {
        let status = match behaviour.function_failure {
            FunctionFailure::Forbidden => Status::Forbidden,
            FunctionFailure::InternalFailure => Status::InternalFailure,
        };
        refusal(status, reason)
    };
    findings.stage = Stage::Function;
    let limit = core.config.limits.function_time;
    let ran = core
        .functions
        .invoke(&authorizer.function_arn, event, secrets.clone(), limit)
        .await;
    let waited = ran.invocation.waited;
    if waited >= WORTH_A_NOTE {
        findings.notes.push(format!(
            "it waited {waited:.1?} for a free process of the function (--function-concurrency)"
        ));
    }
    let why = own_reason(&ran.invocation.output);
    findings.invocation = Some(ran.invocation);
    let returned = ran.result.map_err(failed)?;
    let granted = response::check(&returned, peer.address, client_id, behaviour, &secrets);
    let grant = granted.map_err(failed)?.ok_or_else(|| {
        let why = why.unwrap_or_else(|| {
            "the device is unknown or revoked, or its token is not accepted, and only the function knows which".to_owned()
        });
        let reason = format!("the function returned isAuthenticated false: {why}");
        unauthenticated(behaviour, reason)
    })?;
    core.grants.keep(&grant);
    Ok(grant)
}

/// The reason that a function gives in its log, a line of JSON with a `reason`, as motepost's authorizer does.
fn own_reason(output: &[String]) -> Option<String> {
    let lines = output.iter().rev();
    let mut lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let reason = lines.find_map(|line| Some(line.get("reason")?.as_str()?.to_owned()))?;
    Some(format!("it says: {reason}"))
}
