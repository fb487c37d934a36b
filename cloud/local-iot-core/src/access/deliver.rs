//! Where a message goes that may be published: the one way for HTTP and MQTT, so that an acknowledgement means the same.

use motepost_contract::topic::Topic;
use mqtt5::packet::publish::PublishPacket;

use crate::core::Core;
use crate::rules::message::RuleMessage;
use crate::trace::redact::Secrets;

/// What became of it.
pub(crate) struct Delivery {
    /// For the reason in the trace.
    pub(crate) by_broker: bool,
    pub(crate) notes: Vec<String>,
}

impl Delivery {
    /// The reason, which begins with what allowed the publish.
    pub(crate) fn reason(&self, by: String) -> String {
        if self.by_broker {
            return format!("{by}; the broker took it");
        }
        by
    }
}

/// A message of Basic Ingest goes to the rule alone; any other to the broker, the state file if it is retained, and the rules
/// that it matches. An error means that it may be lost, and is to be sent again.
pub(crate) async fn deliver(
    core: &Core,
    topic: &Topic,
    packet: PublishPacket,
    client_id: Option<&str>,
    secrets: Secrets,
) -> Result<Delivery, String> {
    let message = RuleMessage {
        topic: topic.rule_topic().to_owned(),
        payload: packet.payload.clone(),
        client_id: client_id.map(str::to_owned),
        secrets,
    };
    if let Some(rule) = &topic.basic_ingest_rule {
        return Ok(Delivery {
            by_broker: false,
            notes: vec![core.rules.ingest(rule, message)?],
        });
    }
    let retain = packet.retain;
    core.broker.publish(packet, client_id).await?;
    if let Some(store) = core.retained.as_ref().filter(|_| retain) {
        store.wait_until_saved(&core.broker).await?;
    }
    Ok(Delivery {
        by_broker: true,
        notes: core.rules.take(message),
    })
}
