//! What lasts as long as an MQTT connection: who it is, what its policy allows, and for how long.

use std::future::{Future, pending, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use motepost_contract::topic;
use mqtt5::broker::{AuthProvider, AuthResult};
use mqtt5::packet::connect::ConnectPacket;
use mqtt5::types::ReasonCode;
use tokio::time::{Instant, sleep_until};

use super::login::Login;
use crate::access::allow::allows;
use crate::access::peer::Peer;
use crate::access::refusal::Findings;
use crate::authorizers::response::{Grant, GrantedPolicy};
use crate::core::Core;
use crate::rules::message::RuleMessage;
use crate::trace::entry::{Stage, TraceEntry};

/// Why a client of the plain port may do what it does.
pub(super) const NOBODY: &str =
    "the plain MQTT port is for looking on: it asks no authorizer and no policy";

/// What lasts as long as the connection.
pub(super) struct Session {
    pub(super) core: Arc<Core>,
    pub(super) peer: Peer,
    pub(super) login: Login,
    pub(super) version: u8,
    pub(super) keep_alive: Duration,
    pub(super) authorizer: Option<String>,
    /// `None` on the plain port.
    pub(super) policy: Option<RwLock<Arc<GrantedPolicy>>>,
}

/// Why a connection ends.
pub(super) struct End {
    /// For the client, if its version of MQTT can be told.
    pub(super) code: ReasonCode,
    /// For the trace; `None` if nothing is wrong.
    pub(super) reason: Option<String>,
}

impl End {
    pub(super) fn quiet() -> Self {
        Self {
            code: ReasonCode::Success,
            reason: None,
        }
    }

    pub(super) fn with(code: ReasonCode, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: Some(reason.into()),
        }
    }
}

impl Session {
    /// `None` where everything is allowed.
    pub(super) fn policy(&self) -> Option<Arc<GrantedPolicy>> {
        let policy = self.policy.as_ref()?;
        let policy = policy.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&policy))
    }

    /// An entry of this client's, which `change` completes.
    pub(super) fn record(
        &self,
        operation: &'static str,
        outcome: Result<String, String>,
        change: impl FnOnce(&mut TraceEntry),
    ) {
        let accepted = outcome.is_ok();
        let reason = outcome.unwrap_or_else(|reason| reason);
        let client_id = self.login.shown(&self.login.client_id);
        let mut entry = TraceEntry::mqtt(operation, &client_id, accepted, reason);
        entry.authorizer.clone_from(&self.authorizer);
        entry.stage = if accepted {
            Stage::Delivery
        } else {
            Stage::Policy
        };
        change(&mut entry);
        entry.topic = entry.topic.map(|topic| self.login.shown(&topic));
        self.core.trace.record(entry);
    }

    /// Returns when the time of the session is over, or its authorizer no longer grants it.
    pub(super) async fn lifetime(&self, grant: Option<&Grant>) -> End {
        let (Some(grant), Some(policy)) = (grant, &self.policy) else {
            return pending().await;
        };
        let allowed = grant.disconnect_after;
        let most = self.core.config.limits.mqtt_session_time;
        let end = Instant::now() + most.map_or(allowed, |most| most.min(allowed));
        let mut refresh = Instant::now() + grant.refresh_after;
        while refresh < end {
            sleep_until(refresh).await;
            let mut findings = Findings::default();
            let granted = self
                .login
                .grant(&self.core, &self.peer, &mut findings)
                .await;
            let outcome = granted
                .as_ref()
                .map(|grant| format!("its policy is new, for {:?}", grant.refresh_after))
                .map_err(|refusal| refusal.reason.clone());
            self.record("MQTT REFRESH", outcome, |entry| {
                entry.invocation = findings.invocation;
                entry.stage = findings.stage;
                entry.notes = findings.notes;
            });
            let Ok(grant) = granted else {
                return End {
                    code: ReasonCode::NotAuthorized,
                    reason: None,
                };
            };
            refresh = Instant::now() + grant.refresh_after;
            *policy.write().unwrap_or_else(PoisonError::into_inner) = grant.policy;
        }
        sleep_until(end).await;
        let reason = match most.filter(|most| *most < allowed) {
            Some(most) => format!(
                "the session's time is over: {most:?} (--mqtt-session-time), where the function's disconnectAfterInSeconds grants {}",
                allowed.as_secs()
            ),
            None => format!(
                "the session's time is over: disconnectAfterInSeconds is {}",
                allowed.as_secs()
            ),
        };
        End::with(ReasonCode::MaximumConnectTime, reason)
    }
}

/// AWS's limits for a topic filter, and its own topics that nobody subscribes to (Developer Guide, "Basic Ingest").
fn check_filter(filter: &str) -> Result<(), String> {
    let shared = filter.strip_prefix("$share/");
    let own = shared.and_then(|rest| Some(rest.split_once('/')?.1));
    let filter = own.unwrap_or(filter);
    if filter.starts_with("$aws/rules/") {
        return Err(
            "the topic filter is one of Basic Ingest, whose messages go to a rule alone".to_owned(),
        );
    }
    topic::check_size(filter).map_err(|fault| format!("the topic filter {fault}"))
}

/// What the broker asks about this client.
impl AuthProvider for Session {
    fn authenticate<'a>(
        &'a self,
        _connect: &'a ConnectPacket,
        _client: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = mqtt5::Result<AuthResult>> + Send + 'a>> {
        Box::pin(ready(Ok(AuthResult::success())))
    }

    /// Publishes do not come this way, but for the last will, which was looked at when the client connected, and now goes to the
    /// rules as well.
    fn authorize_publish<'a>(
        &'a self,
        _client_id: &str,
        _user: Option<&'a str>,
        _topic: &'a str,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        if let Some(will) = &self.login.will {
            self.core.rules.take(RuleMessage {
                topic: will.topic.clone(),
                payload: will.payload.clone(),
                client_id: Some(self.login.client_id.clone()),
                secrets: self.login.secrets.clone(),
            });
        }
        Box::pin(ready(true))
    }

    fn authorize_subscribe<'a>(
        &'a self,
        _client_id: &str,
        _user: Option<&'a str>,
        filter: &'a str,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        let Some(policy) = self.policy() else {
            return Box::pin(ready(true));
        };
        if let Err(reason) = check_filter(filter) {
            self.record("MQTT SUBSCRIBE", Err(reason), |entry| {
                entry.topic = Some(filter.to_owned());
                entry.stage = Stage::Request;
            });
            return Box::pin(ready(false));
        }
        let resource = format!("topicfilter/{filter}");
        let asked = allows(&self.core, &policy, "iot:Subscribe", &resource);
        let allowed = asked.is_ok();
        self.record("MQTT SUBSCRIBE", asked.clone(), |entry| {
            entry.topic = Some(filter.to_owned());
            entry.policy = Some(asked.unwrap_or_else(|reason| reason));
        });
        Box::pin(ready(allowed))
    }
}
