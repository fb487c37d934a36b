//! What is refused whole.

/// Why an event is no batch. The function fails, so that the event goes where failed events go, entire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotABatch {
    /// The statement of the rule is another.
    #[error(
        "the event is not of the rule's statement: it needs data, topic and received, see template.yaml"
    )]
    Event,
    /// The rule's error message says everything but when.
    #[error(
        "the rule's error message has no time: send the queue's message around it, with its attribute SentTimestamp"
    )]
    Time,
    /// Not base64: `encode` makes no such text.
    #[error("data is not base64")]
    Data,
    /// See [`Batch`](crate::Batch).
    #[error("the topic is not <id>/batch, <id>/batch/<epoch> or <id>/senml")]
    Topic,
    /// Neither JSON nor CBOR, or not an array.
    #[error("the payload begins neither as a JSON array nor as a CBOR array")]
    Payload,
}
