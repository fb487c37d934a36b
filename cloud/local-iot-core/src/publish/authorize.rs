//! What a custom authorizer says about a request: its policy, and what the policy allows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use motepost_contract::http::RequestHead;
use motepost_contract::partition;
use motepost_contract::policy::{Policy, PolicyDecision};

use super::cache::Cache;
use super::credentials;
use super::event::{self, Protocols};
use super::outcome::{Findings, Refusal, forbidden, refusal, unauthenticated};
use super::peer::Peer;
use crate::authorizers::response;
use crate::behaviour::FunctionFailure;
use crate::core::Core;
use crate::http::Status;
use crate::message::Message;
use crate::trace::entry::Invocation;
use crate::trace::redact::redact;

/// Shorter waits are in the invocation alone.
const WORTH_A_NOTE: Duration = Duration::from_millis(100);

/// The policy of the device, by the authorizer that the request is for.
pub(super) async fn authorize(
    core: &Core,
    peer: &Peer,
    cache: &mut Cache,
    request: &RequestHead,
    findings: &mut Findings,
) -> Result<Arc<Policy>, Refusal> {
    let behaviour = &core.config.behaviour;
    let named = credentials::authorizer_name(request)
        .map_err(|reason| unauthenticated(behaviour, reason))?;
    let authorizer = core
        .registry
        .resolve(named, behaviour.authorizer_override)
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
    let secrets = credentials::secrets(&authorizer, request);
    if authorizer.caching_for_http {
        let rule = behaviour.cached_response;
        if let Some(policy) = cache.find(&authorizer, &secrets, rule, Instant::now()) {
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
    let event = event::build(
        &Protocols::of(request, peer),
        &peer.connection_id,
        &token,
        behaviour.event_header_names,
    );
    let failed = |reason: String| {
        let status = match behaviour.function_failure {
            FunctionFailure::Forbidden => Status::Forbidden,
            FunctionFailure::InternalFailure => Status::InternalFailure,
        };
        // A function may well quote the token that it rejects.
        refusal(status, redact(&secrets, reason))
    };
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
    findings.invocation = Some(ran.invocation);
    let returned = ran.result.map_err(failed)?;
    let grant = response::check(&returned, peer.address, behaviour)
        .map_err(failed)?
        .ok_or_else(|| {
            let reason =
                "the function returned isAuthenticated false: it does not know this device";
            unauthenticated(behaviour, reason)
        })?;
    let policy = Arc::new(grant.policy);
    if authorizer.caching_for_http {
        let until = Instant::now() + grant.refresh_after;
        cache.keep(&authorizer, secrets, &policy, until);
    }
    Ok(policy)
}

/// Whether the policy allows the publish, and by which statement.
pub(super) fn permit(
    core: &Core,
    policy: &Policy,
    message: &Message,
    findings: &mut Findings,
) -> Result<String, Refusal> {
    let (region, account) = (&core.config.region, &core.config.account);
    let topic = format!("topic/{}", message.topic.name);
    let arn = partition::arn("iot", region, account, &topic);
    let ask = |action: &str| match policy.decide(action, &arn) {
        PolicyDecision::Allowed { by } => Ok(format!("{by} allows {action}")),
        PolicyDecision::ExplicitDeny { by } => Err(format!("{by} denies {action} on {arn}")),
        PolicyDecision::ImplicitDeny { hint } => {
            Err(format!("no statement allows {action} on {arn}: {hint}"))
        }
    };
    let mut asked = ask("iot:Publish");
    if message.retain {
        asked = asked.and_then(|by| ask("iot:RetainPublish").map(|_| by));
    }
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
