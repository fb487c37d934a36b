//! A CONNECT, and what the authorizer says to it (Developer Guide, "Connecting to AWS IoT Core by using custom
//! authentication"): authorizer, token and signature stand in the user name behind a `?`, as a query.

use axum::body::Bytes;
use base64ct::{Base64, Encoding};
use motepost_contract::http::RequestHead;
use motepost_contract::topic;
use mqtt5::packet::connect::ConnectPacket;
use serde_json::{Map, Value};

use crate::access::allow::{allows, allows_publish};
use crate::access::ask::{Question, ask, identify};
use crate::access::credentials;
use crate::access::event::Protocols;
use crate::access::peer::Peer;
use crate::access::refusal::{Findings, Refusal};
use crate::authorizers::response::{Grant, GrantedPolicy};
use crate::core::Core;
use crate::http;
use crate::trace::redact::Secrets;

/// What a client shows, for as long as its session lasts. No `Debug`: it holds credentials.
pub(super) struct Login {
    pub(super) client_id: String,
    /// Whether the client has left its id to the server.
    pub(super) is_assigned: bool,
    /// The user name's query, as the credentials of an HTTP request would be found in it, behind those of an upgrade.
    request: RequestHead,
    /// Of a WebSocket.
    upgrade: Option<RequestHead>,
    /// `protocolData.mqtt` of the event.
    event: Value,
    /// What the trace must not show, whichever authorizer it is.
    pub(super) secrets: Secrets,
    has_query: bool,
    pub(super) will: Option<LastWill>,
}

/// What the broker publishes for a client that is lost.
pub(super) struct LastWill {
    pub(super) topic: String,
    pub(super) payload: Bytes,
    retain: bool,
}

impl Login {
    pub(super) fn read(
        connect: &ConnectPacket,
        upgrade: Option<RequestHead>,
    ) -> Result<Self, String> {
        let username = connect.username.as_deref();
        let query = username.and_then(|name| Some(name.split_once('?')?.1));
        let password = connect.password.as_deref();
        let in_base64 = password.map(Base64::encode_string);
        let fields = [
            ("username", username),
            ("password", in_base64.as_deref()),
            ("clientId", Some(connect.client_id.as_str())),
        ];
        let fields = fields
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?))));
        let request = both(upgrade.as_ref(), query);
        let of_mqtt = credentials::mqtt_secrets(username, password, &connect.client_id);
        Ok(Self {
            secrets: credentials::secrets_named(&request, None).and(&of_mqtt),
            is_assigned: connect.client_id.is_empty(),
            client_id: match connect.client_id.as_str() {
                // UNCONFIRMED: the id that AWS gives to a client without one.
                "" => format!("$GEN/{}", http::uuid().map_err(|error| error.to_string())?),
                id => id.to_owned(),
            },
            request,
            upgrade,
            event: Value::Object(fields.collect::<Map<_, _>>()),
            has_query: query.is_some(),
            will: connect.will.as_ref().map(|will| LastWill {
                topic: will.topic.clone(),
                payload: will.payload.clone().into(),
                retain: will.retain,
            }),
        })
    }

    /// What the authorizer grants: at first, and each time that its response is too old.
    pub(super) async fn grant(
        &self,
        core: &Core,
        peer: &Peer,
        findings: &mut Findings,
    ) -> Result<Grant, Refusal> {
        let (authorizer, token) =
            identify(core, peer.server_name.as_deref(), &self.request, findings)
                .map_err(|refusal| self.explained(refusal))?;
        let secrets = credentials::secrets(&authorizer, &self.request).and(&self.secrets);
        let question = Question {
            authorizer: &authorizer,
            token: &token,
            protocols: Protocols {
                tls: peer.tls.then_some(peer.server_name.as_deref()),
                http: self.upgrade.as_ref(),
                mqtt: Some(self.event.clone()),
            },
            client_id: Some(&self.client_id),
            secrets,
        };
        ask(core, peer, question, findings).await
    }

    /// The client's id, or another name that it chose, as the trace may show it.
    pub(super) fn shown(&self, name: &str) -> String {
        self.secrets.cut_from_name(name)
    }

    fn explained(&self, mut refusal: Refusal) -> Refusal {
        if !self.has_query && self.upgrade.is_none() {
            refusal.reason.push_str(
                ": an MQTT client's credentials stand in its user name, <name>?x-amz-customauthorizer-name=<authorizer>&<token key>=<token>",
            );
        }
        refusal
    }

    /// Whether the policy lets it connect, and leave its last will.
    pub(super) fn permit(&self, core: &Core, policy: &GrantedPolicy) -> Result<String, String> {
        let resource = format!("client/{}", self.client_id);
        let by = allows(core, policy, "iot:Connect", &resource)?;
        // UNCONFIRMED: that AWS looks at the last will when the client connects.
        if let Some(LastWill {
            topic: name,
            retain,
            ..
        }) = &self.will
        {
            match topic::check(name.clone()) {
                Ok(topic) if topic.basic_ingest_rule.is_none() => {}
                _ => return Err("the last will's topic is not one of the broker's".to_owned()),
            }
            allows_publish(core, policy, name, *retain)
                .map_err(|reason| format!("the last will: {reason}"))?;
        }
        Ok(by)
    }
}

/// The credentials of an upgrade count before those of the user name (which of them AWS prefers is UNCONFIRMED).
fn both(upgrade: Option<&RequestHead>, query: Option<&str>) -> RequestHead {
    let headers = upgrade.into_iter().flat_map(RequestHead::headers);
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_vec()));
    let queries = [upgrade.and_then(RequestHead::query), query];
    let query: Vec<_> = queries.into_iter().flatten().collect();
    let query = (!query.is_empty()).then(|| query.join("&"));
    RequestHead::of_parts("CONNECT", "/", query.as_deref(), headers.collect())
}
