//! One request from head and body to its outcome. The order of the checks is the order of their reasons in the trace;
//! AWS's own order is UNCONFIRMED.

use std::borrow::Cow;

use motepost_contract::http::RequestHead;
use motepost_contract::sigv4::{self, Scope};
use motepost_contract::topic::{self, Topic, TopicFault};

use super::authorize::{authorize, permit};
use super::cache::Cache;
use super::outcome::Outcome;
use super::{notes, repeat};
use crate::access::credentials;
use crate::access::deliver::deliver;
use crate::access::peer::{Door, Peer};
use crate::access::refusal::{Findings, Refusal, forbidden, refusal};
use crate::authorizers::domain::ApplicationProtocol;
use crate::behaviour::{Behaviour, Oversize};
use crate::core::Core;
use crate::http::Status;
use crate::message::Message;
use crate::origin;
use crate::trace::entry::Stage;
use crate::trace::redact::Secrets;

pub(crate) async fn decide(
    core: &Core,
    peer: &Peer,
    cache: &mut Cache,
    request: &RequestHead,
    body: Vec<u8>,
) -> Outcome {
    let mut findings = Findings::default();
    let secrets = credentials::secrets_named(request, None);
    let repeat = repeat::command(core, peer, request, &body, &secrets);
    let judged = judge(core, peer, cache, request, body, &secrets, &mut findings).await;
    let (status, message, reason) = match judged {
        Ok(reason) => (Status::Ok, "OK".to_owned(), reason),
        Err(refusal) => (refusal.status, refusal.message, refusal.reason),
    };
    let shown = |name: Option<String>| name.map(|name| secrets.cut_from_name(&name));
    Outcome {
        status,
        message,
        topic: shown(findings.topic),
        authorizer: shown(findings.authorizer),
        invocation: findings.invocation,
        policy: findings.policy,
        reason,
        notes: findings.notes,
        stage: findings.stage,
        repeat,
    }
}

/// For a payload that is too large to be read.
pub(crate) fn oversize(core: &Core) -> (Status, String) {
    let status = match core.config.behaviour.oversize {
        Oversize::RequestEntityTooLarge => Status::TooLarge,
        Oversize::InvalidRequest => Status::InvalidRequest,
    };
    let most = core.config.limits.body_bytes;
    (status, format!("the payload is over {most} bytes"))
}

/// For a request that is refused before its body was read.
pub(crate) fn refused_unread(
    core: &Core,
    request: Option<&RequestHead>,
    status: Status,
    reason: String,
) -> Outcome {
    let Refusal {
        status,
        message,
        reason,
    } = refusal(status, reason);
    let topic = request.and_then(|request| {
        let path = request.path().strip_prefix("/topics/")?;
        topic::from_path(&read(path, &core.config.behaviour)).ok()
    });
    Outcome {
        status,
        message,
        topic: topic.map(|topic| topic.name),
        authorizer: None,
        invocation: None,
        policy: None,
        reason,
        notes: Vec::new(),
        stage: Stage::Request,
        repeat: None,
    }
}

async fn judge(
    core: &Core,
    peer: &Peer,
    cache: &mut Cache,
    request: &RequestHead,
    body: Vec<u8>,
    secrets: &Secrets,
    findings: &mut Findings,
) -> Result<String, Refusal> {
    let topic = target(request, &core.config.behaviour)?;
    findings.topic = Some(topic.name.clone());
    findings.notes.extend(notes::of(peer, request));
    if !peer.tls && peer.door == Door::Device {
        let text = |name| {
            request
                .header(name)
                .and_then(|value| std::str::from_utf8(value).ok())
        };
        let names = &core.config.extra_names;
        if let Some(reason) = origin::foreign_page(text("host"), text("origin"), names) {
            return Err(forbidden(reason));
        }
    }
    let is_owner = peer.door == Door::Console || owner(core, peer, request)?;
    // The owner's ports are no endpoint of devices, whatever names they have in common.
    if peer.door == Door::Device
        && let Some(domain) = core
            .registry
            .read(|account| account.domain(peer.server_name(request)))
    {
        domain
            .admits(ApplicationProtocol::Https, is_owner)
            .map_err(forbidden)?;
    }
    let message = Message::read(topic, request, body)
        .map_err(|reason| refusal(Status::InvalidRequest, reason))?;
    if message.payload_is_utf8 == Some(true) && std::str::from_utf8(&message.payload).is_err() {
        findings
            .notes
            .push("the payload is announced as UTF8_DATA and is not UTF-8".to_owned());
    }
    let by = if peer.door == Door::Console {
        "published from the console, whose user is the account's owner".to_owned()
    } else if is_owner {
        "the owner's credentials (SigV4, its form alone is checked) may publish anything".to_owned()
    } else {
        let policy = authorize(core, peer, cache, request, findings).await?;
        permit(core, &policy, &message, findings)?
    };
    findings.stage = Stage::Delivery;
    let topic = message.topic.clone();
    let mut delivery = deliver(core, &topic, message.into(), None, secrets.clone())
        .await
        .map_err(|reason| refusal(Status::InternalFailure, reason))?;
    findings.notes.append(&mut delivery.notes);
    Ok(delivery.reason(by))
}

/// The path's topic as it is to be read, where AWS's reading is not known.
fn read<'a>(path: &'a str, behaviour: &Behaviour) -> Cow<'a, str> {
    let mut path = Cow::Borrowed(path);
    if behaviour.plus_is_space && path.contains('+') {
        path = Cow::Owned(path.replace('+', "%20"));
    }
    while behaviour.collapse_slashes && path.contains("//") {
        path = Cow::Owned(path.replace("//", "/"));
    }
    path
}

fn target(request: &RequestHead, behaviour: &Behaviour) -> Result<Topic, Refusal> {
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
    topic::from_path(&read(path, behaviour)).map_err(|fault| {
        let reason = format!("the topic {fault}");
        match fault {
            TopicFault::Invalid(_) => refusal(Status::InvalidRequest, reason),
            TopicFault::Reserved(_) => forbidden(reason),
        }
    })
}

/// Whether the account's owner sent it: a request signed with SigV4 is never shown to a custom authorizer.
fn owner(core: &Core, peer: &Peer, request: &RequestHead) -> Result<bool, Refusal> {
    let (authorization, query) = (request.header("authorization"), request.query());
    if !sigv4::is_claimed(authorization, query) {
        if peer.door == Door::Control {
            return Err(forbidden(
                "the control port takes a publish from the account's owner alone, signed with SigV4: custom authentication is at the https and http ports",
            ));
        }
        return Ok(false);
    }
    let Scope { region, service } = sigv4::scope(authorization, query)
        .map_err(|wrong| forbidden(format!("the request's SigV4 is malformed: {wrong}")))?;
    // The second is how some sign by hand.
    if !["iotdata", "iotdevicegateway"].contains(&service.as_str()) {
        return Err(forbidden(format!(
            "the request's SigV4 is scoped to the service {service:?}, and publishing wants iotdata"
        )));
    }
    if region != core.config.region {
        return Err(forbidden(format!(
            "the request's SigV4 is scoped to the region {region:?}, and this local emulator is {:?} (--region)",
            core.config.region
        )));
    }
    Ok(true)
}
