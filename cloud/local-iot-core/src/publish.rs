//! One request from head and body to a decision. The order of the checks is the order of their reasons in the trace;
//! AWS's own order is UNCONFIRMED. Every refusal by custom authentication is the same `Forbidden` on the wire.

use std::time::Instant;

use crate::config::FunctionFailure;
use crate::context::{Core, Peer};
use crate::credentials;
use crate::event;
use crate::function;
use crate::grant;
use crate::http::{Request, Status};
use crate::message::Message;
use crate::policy::{Decision as Verdict, Policy};
use crate::topic::{self, Topic};
use crate::trace::Invocation;

/// What is answered, and what the trace says about it.
pub(crate) struct Decision {
    pub(crate) status: Status,
    pub(crate) message: String,
    pub(crate) topic: Option<String>,
    pub(crate) authorizer: Option<String>,
    pub(crate) invocation: Option<Invocation>,
    pub(crate) policy: Option<String>,
    pub(crate) reason: String,
    pub(crate) notes: Vec<String>,
}

struct Refusal {
    status: Status,
    message: String,
    reason: String,
}

/// The texts of `message` other than `Forbidden` are UNCONFIRMED.
fn refusal(status: Status, reason: String) -> Refusal {
    let message = match status {
        Status::Forbidden => "Forbidden".to_owned(),
        Status::InternalFailure => "Internal failure".to_owned(),
        _ => reason.clone(),
    };
    Refusal {
        status,
        message,
        reason,
    }
}

fn forbidden(reason: impl Into<String>) -> Refusal {
    refusal(Status::Forbidden, reason.into())
}

/// What is learnt on the way, for the trace of a refusal as much as of a success.
#[derive(Default)]
struct Findings {
    topic: Option<String>,
    authorizer: Option<String>,
    invocation: Option<Invocation>,
    policy: Option<String>,
    notes: Vec<String>,
}

pub(crate) async fn decide(core: &Core, peer: &Peer, request: &Request, body: Vec<u8>) -> Decision {
    let mut findings = Findings::default();
    let judged = judge(core, peer, request, body, &mut findings).await;
    let (status, message, reason) = match judged {
        Ok(reason) => (Status::Ok, "OK".to_owned(), reason),
        Err(refusal) => (refusal.status, refusal.message, refusal.reason),
    };
    Decision {
        status,
        message,
        topic: findings.topic,
        authorizer: findings.authorizer,
        invocation: findings.invocation,
        policy: findings.policy,
        reason,
        notes: findings.notes,
    }
}

/// For a request that is refused before its body was read.
pub(crate) fn refused_unread(
    request: Option<&Request>,
    status: Status,
    reason: String,
) -> Decision {
    let Refusal {
        status,
        message,
        reason,
    } = refusal(status, reason);
    let topic =
        request.and_then(|request| topic::from_path(request.path().strip_prefix("/topics/")?).ok());
    Decision {
        status,
        message,
        topic: topic.map(|topic| topic.name),
        authorizer: None,
        invocation: None,
        policy: None,
        reason,
        notes: Vec::new(),
    }
}

async fn judge(
    core: &Core,
    peer: &Peer,
    request: &Request,
    body: Vec<u8>,
    findings: &mut Findings,
) -> Result<String, Refusal> {
    let topic = target(request)?;
    findings.topic = Some(topic.name.clone());
    findings.notes.extend(host_note(peer, request));
    refuse_sigv4(request)?;
    let message = Message::read(topic, request, body)
        .map_err(|reason| refusal(Status::InvalidRequest, reason))?;
    if message.payload_is_utf8 == Some(true) && std::str::from_utf8(&message.payload).is_err() {
        findings
            .notes
            .push("the payload is announced as UTF8_DATA and is not UTF-8".to_owned());
    }
    let policy = authorize(core, peer, request, findings).await?;
    let by = permit(core, &policy, &message, findings)?;
    if let Some(rule) = &message.topic.basic_ingest_rule {
        findings.notes.push(format!(
            "RuleNotFound: Basic Ingest goes to the rule {rule} alone, there are no rules here, and AWS too would answer 200"
        ));
        return Ok(by);
    }
    core.broker
        .publish(message)
        .await
        .map_err(|reason| refusal(Status::InternalFailure, reason))?;
    Ok(format!("{by}; the broker took it"))
}

fn target(request: &Request) -> Result<Topic, Refusal> {
    let Some(path) = request.path().strip_prefix("/topics/") else {
        return Err(refusal(
            Status::NotFound,
            "the path is not /topics/<topic>".to_owned(),
        ));
    };
    if request.method() != "POST" {
        return Err(refusal(
            Status::MethodNotAllowed,
            "only POST publishes".to_owned(),
        ));
    }
    topic::from_path(path).map_err(|refused| match refused {
        topic::Refused::Invalid(reason) => refusal(Status::InvalidRequest, reason),
        topic::Refused::Reserved(reason) => forbidden(reason),
    })
}

/// AWS finds the account by SNI or Host (Developer Guide, "Troubleshooting custom authorizers").
fn host_note(peer: &Peer, request: &Request) -> Option<String> {
    let host = request.host();
    match (&peer.server_name, host) {
        (Some(name), Some(host)) if !name.eq_ignore_ascii_case(host) => Some(format!(
            "Host {host:?} is not the name in SNI, {name:?}: AWS wants both to be the endpoint"
        )),
        // An address is never sent as SNI (RFC 6066, section 3), so on a laptop its absence means nothing.
        (None, Some(host))
            if peer.tls && host.parse::<std::net::IpAddr>().is_err() && !host.starts_with('[') =>
        {
            Some("no SNI: AWS may refuse the TLS handshake".to_owned())
        }
        _ => None,
    }
}

/// A request signed for IAM is never shown to a custom authorizer. `Authorization: Bearer` may well hold its token.
fn refuse_sigv4(request: &Request) -> Result<(), Refusal> {
    const ALGORITHM: &[u8] = b"AWS4-HMAC-SHA256";
    let header = request
        .header("authorization")
        .is_some_and(|value| value.starts_with(ALGORITHM));
    let query = credentials::find(request, "X-Amz-Algorithm").and_then(|found| found.text().ok());
    if header || query.is_some_and(|algorithm| algorithm.as_bytes() == ALGORITHM) {
        return Err(forbidden(
            "the request is signed with SigV4 (IAM), which comes with the stand-in's control plane; custom authentication needs no Authorization",
        ));
    }
    Ok(())
}

async fn authorize(
    core: &Core,
    peer: &Peer,
    request: &Request,
    findings: &mut Findings,
) -> Result<Policy, Refusal> {
    let authorizer = core.registry.resolve(request).map_err(|unresolved| {
        findings.authorizer = unresolved.name;
        forbidden(unresolved.reason)
    })?;
    findings.authorizer = Some(authorizer.name.clone());
    let behaviour = &core.config.behaviour;
    let token = credentials::token(authorizer, request, behaviour).map_err(forbidden)?;
    if let Some(key) = &token.verified_by {
        findings
            .notes
            .push(format!("the signature verifies under the key {key}"));
    }
    let event = event::build(request, peer, &token, behaviour.event_header_names);
    let failed = |reason: String| {
        let status = match behaviour.function_failure {
            FunctionFailure::Forbidden => Status::Forbidden,
            FunctionFailure::InternalFailure => Status::InternalFailure,
        };
        // A function may well quote the token that it rejects.
        refusal(status, credentials::redact(authorizer, request, reason))
    };
    let begun = Instant::now();
    let answer = function::call(
        &authorizer.function,
        event,
        core.config.limits.function_time,
    )
    .await;
    findings.invocation = Some(Invocation {
        function: authorizer.name.clone(),
        answered: answer.is_ok(),
        duration: begun.elapsed(),
        output: Vec::new(),
    });
    let answer = answer.map_err(failed)?;
    grant::check(&answer, peer.address)
        .map_err(failed)?
        .ok_or_else(|| {
            forbidden("the function answered isAuthenticated false: it does not know this device")
        })
}

fn permit(
    core: &Core,
    policy: &Policy,
    message: &Message,
    findings: &mut Findings,
) -> Result<String, Refusal> {
    let (region, account) = (&core.config.region, &core.config.account);
    let arn = format!(
        "arn:aws:iot:{region}:{account}:topic/{}",
        message.topic.name
    );
    let ask = |action: &str| match policy.decide(action, &arn) {
        Verdict::Allowed { by } => Ok(format!("{by} allows {action}")),
        Verdict::ExplicitDeny { by } => Err(format!("{by} denies {action} on {arn}")),
        Verdict::ImplicitDeny { hint } => {
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
        let reason = "the policy does not allow iot:Connect, which AWS's guide says iot:Publish needs beside it";
        if core.config.behaviour.require_connect {
            return Err(forbidden(reason));
        }
        findings.notes.push(reason.to_owned());
    }
    Ok(by)
}
