//! Whether a device may publish over HTTP: by the policy that its authorizer grants, or that the connection has kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use motepost_contract::http::RequestHead;
use motepost_contract::partition;

use super::cache::Cache;
use crate::access::allow::allows_publish;
use crate::access::ask::{Question, ask, identify};
use crate::access::credentials;
use crate::access::event::Protocols;
use crate::access::peer::Peer;
use crate::access::refusal::{Findings, Refusal, forbidden};
use crate::authorizers::response::GrantedPolicy;
use crate::core::Core;
use crate::message::Message;
use crate::trace::entry::{Invocation, Stage};

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
    let (region, account) = (&core.config.region, &core.config.account);
    let clients = partition::arn("iot", region, account, "client/");
    if !policy.allows_somewhere("iot:Connect", &clients) {
        let reason = "the policy does not allow iot:Connect, which AWS's guide says iot:Publish needs as well";
        if core.config.behaviour.require_connect {
            return Err(forbidden(reason));
        }
        findings.notes.push(reason.to_owned());
    }
    Ok(by)
}
