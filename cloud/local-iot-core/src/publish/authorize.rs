//! What a custom authorizer says about a request: its policy, and what the policy allows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use motepost_contract::http::RequestHead;
use motepost_contract::partition;
use motepost_contract::policy::PolicyDecision;
use serde_json::Value;

use super::cache::Cache;
use super::credentials::{self, Token};
use super::event::{self, Protocols};
use super::outcome::{Findings, Refusal, forbidden, refusal, unauthenticated};
use super::peer::Peer;
use crate::authorizers::record::AuthorizerRecord;
use crate::authorizers::response::{self, Grant, GrantedPolicy};
use crate::behaviour::FunctionFailure;
use crate::core::Core;
use crate::http::Status;
use crate::message::Message;
use crate::trace::entry::{Invocation, Stage};
use crate::trace::redact::Secrets;

/// Shorter waits are in the invocation alone.
const WORTH_A_NOTE: Duration = Duration::from_millis(100);

/// The policy of the device, by the authorizer that the request is for.
pub(super) async fn authorize(
    core: &Core,
    peer: &Peer,
    cache: &mut Cache,
    request: &RequestHead,
    findings: &mut Findings,
) -> Result<Arc<GrantedPolicy>, Refusal> {
    let server_name = peer.server_name(request);
    let (authorizer, token) = identify(core, server_name, request, findings)?;
    let shown = credentials::credentials(&authorizer, request);
    if authorizer.caching_for_http {
        let rule = core.config.behaviour.cached_response;
        if let Some(policy) = cache.find(&authorizer, &shown, rule, Instant::now()) {
            findings.invocation = Some(Invocation {
                function: core.functions.name(&authorizer.function_arn).to_owned(),
                succeeded: true,
                cached: true,
                waited: Duration::ZERO,
                duration: Duration::ZERO,
                output: Vec::new(),
            });
            return Ok(policy);
        }
    }
    let question = Question {
        authorizer: &authorizer,
        token: &token,
        protocols: Protocols::of(request, peer),
        client_id: None,
        secrets: credentials::secrets(&authorizer, request),
    };
    let grant = ask(core, peer, question, findings).await?;
    let policy = grant.policy;
    if authorizer.caching_for_http {
        let until = Instant::now() + grant.refresh_after;
        cache.keep(&authorizer, shown, &policy, until);
    }
    Ok(policy)
}

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

/// Whether the policy allows the action, by which statement, or why not. The resource is without its ARN's beginning.
pub(crate) fn allows(
    core: &Core,
    policy: &GrantedPolicy,
    action: &str,
    resource: &str,
) -> Result<String, String> {
    let (region, account) = (&core.config.region, &core.config.account);
    let arn = partition::arn("iot", region, account, resource);
    let decision = policy.decide(action, &arn);
    let arn = policy.shown(&arn);
    match decision {
        PolicyDecision::Allowed { by } => Ok(format!("{by} allows {action}")),
        PolicyDecision::ExplicitDeny { by } => Err(format!("{by} denies {action} on {arn}")),
        PolicyDecision::ImplicitDeny { hint } => {
            Err(format!("no statement allows {action} on {arn}: {hint}"))
        }
    }
}

/// Whether it allows a publish, and to retain it if it is to be.
pub(crate) fn allows_publish(
    core: &Core,
    policy: &GrantedPolicy,
    topic: &str,
    retain: bool,
) -> Result<String, String> {
    let resource = format!("topic/{topic}");
    let by = allows(core, policy, "iot:Publish", &resource)?;
    if retain {
        allows(core, policy, "iot:RetainPublish", &resource)?;
    }
    Ok(by)
}

/// Whether the policy allows the publish, and by which statement.
pub(super) fn permit(
    core: &Core,
    policy: &GrantedPolicy,
    message: &Message,
    findings: &mut Findings,
) -> Result<String, Refusal> {
    findings.stage = Stage::Policy;
    let asked = allows_publish(core, policy, &message.topic.name, message.retain);
    findings.policy = Some(asked.clone().unwrap_or_else(|reason| reason));
    let by = asked.map_err(forbidden)?;
    if !policy.allows_somewhere("iot:Connect") {
        let reason = "the policy does not allow iot:Connect, which AWS's guide says iot:Publish needs as well";
        if core.config.behaviour.require_connect {
            return Err(forbidden(reason));
        }
        findings.notes.push(reason.to_owned());
    }
    Ok(by)
}
