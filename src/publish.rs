//! One publish, and its builder.

use core::fmt;

use crate::authorizer::CustomAuthorizer;
use crate::head_writer::HeadWriter;
use crate::properties::{self, Properties};
use crate::texts::{ENDPOINT, HEADER, PAYLOAD, TOPIC, Texts};
use crate::view::PublishView;

/// How reliably the message is delivered. AWS has no QoS 2.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum QoS {
    /// Delivered once or never.
    #[default]
    AtMostOnce = 0,
    /// AWS responds when its broker has the message.
    AtLeastOnce = 1,
}

/// One message to one topic. It borrows everything. Building it writes nothing and checks nothing; the
/// encoder does both.
///
/// ```
/// use motepost::{CustomAuthorizer, Publish, QoS};
///
/// let reading = Publish::new(
///     "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com",
///     "uniqueID/status",
///     b"{\"celsius\":21.5}",
/// )
/// .qos(QoS::AtLeastOnce)
/// .authorizer(CustomAuthorizer::named("unsignedAuthorizer").token("token", "allow"))
/// .headers(&[("id", "uniqueID")]);
///
/// let mut buffer = [0; 256];
/// let request = reading.encode(&mut buffer)?;
/// assert!(request.starts_with(b"POST /topics/uniqueID/status?qos=1 HTTP/1.1\r\n"));
/// # Ok::<(), motepost::EncodeError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Publish<'a> {
    endpoint: &'a str,
    topic: &'a str,
    payload: &'a [u8],
    authorizer: CustomAuthorizer<'a>,
    headers: &'a [(&'a str, &'a str)],
    properties: Option<(&'a Properties<'a>, EncodeProperties)>,
    qos: QoS,
    retain: bool,
}

/// A function that a setter names: see `view`.
type EncodeProperties = fn(&mut HeadWriter<'_>, &Properties<'_>);

impl<'a> Publish<'a> {
    /// A message for `topic` at `endpoint`.
    ///
    /// The endpoint is a host name of at most 253 characters, as `aws iot describe-endpoint
    /// --endpoint-type iot:Data-ATS` prints it. A local emulator's may end in `:port`.
    ///
    /// The topic has at most 256 bytes and seven slashes; `$aws/rules/<rule>/` (Basic Ingest)
    /// counts towards neither. The payload has at most 131,072 bytes and may be empty.
    pub const fn new(endpoint: &'a str, topic: &'a str, payload: &'a [u8]) -> Self {
        Self {
            endpoint,
            topic,
            payload,
            authorizer: CustomAuthorizer::endpoint_default(),
            headers: &[],
            properties: None,
            qos: QoS::AtMostOnce,
            retain: false,
        }
    }

    /// The quality of service. The default is at most once.
    pub const fn qos(mut self, qos: QoS) -> Self {
        self.qos = qos;
        self
    }

    /// Keeps the message for later subscribers. The policy must allow `iot:RetainPublish` too.
    pub const fn retain(mut self, retain: bool) -> Self {
        self.retain = retain;
        self
    }

    /// The credentials.
    pub const fn authorizer(mut self, authorizer: CustomAuthorizer<'a>) -> Self {
        self.authorizer = authorizer;
        self
    }

    /// Your own headers, as names and values. The authorizer's function receives them.
    /// Those that the library writes or that change the framing are refused: `host`, `content-length`,
    /// `transfer-encoding`, `connection`, the authorizer's, and the token key.
    pub const fn headers(mut self, headers: &'a [(&'a str, &'a str)]) -> Self {
        self.headers = headers;
        self
    }

    /// What MQTT 5 subscribers receive besides the payload.
    pub const fn properties(mut self, properties: &'a Properties<'a>) -> Self {
        self.properties = Some((properties, properties::write_own));
        self
    }

    pub(crate) const fn payload_slice(&self) -> &'a [u8] {
        self.payload
    }
}

impl fmt::Debug for Publish<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Header values may be credentials too (`authorization: Bearer …`).
        f.debug_struct("Publish")
            .field("endpoint", &self.endpoint)
            .field("topic", &self.topic)
            .field("payload_len", &self.payload.len())
            .field("authorizer", &self.authorizer)
            .field("headers", &self.headers.len())
            .field("qos", &self.qos)
            .field("retain", &self.retain)
            .finish_non_exhaustive()
    }
}

/// The texts of a [`Publish`], or of one of its headers.
#[derive(Clone, Copy)]
pub(crate) enum OwnTexts<'a> {
    Publish(&'a Publish<'a>),
    Header(&'a (&'a str, &'a str)),
}

impl Texts for OwnTexts<'_> {
    fn text(&self, index: usize) -> Option<&[u8]> {
        match self {
            Self::Publish(publish) => match index {
                ENDPOINT => Some(publish.endpoint.as_bytes()),
                TOPIC => Some(publish.topic.as_bytes()),
                PAYLOAD => Some(publish.payload),
                _ => None,
            },
            Self::Header((name, _)) if index == HEADER => Some(name.as_bytes()),
            Self::Header((_, value)) => Some(value.as_bytes()),
        }
    }
}

impl<'a> PublishView for Publish<'a> {
    type Texts<'t>
        = OwnTexts<'t>
    where
        Self: 't;
    type Credentials = CustomAuthorizer<'a>;

    fn texts(&self) -> OwnTexts<'_> {
        OwnTexts::Publish(self)
    }

    fn credentials(&self) -> &CustomAuthorizer<'a> {
        &self.authorizer
    }

    fn header(&self, index: usize) -> Option<OwnTexts<'_>> {
        self.headers.get(index).map(OwnTexts::Header)
    }

    fn at_least_once(&self) -> bool {
        self.qos == QoS::AtLeastOnce
    }

    fn retain(&self) -> bool {
        self.retain
    }

    fn encode_properties(&self, writer: &mut HeadWriter<'_>) {
        if let Some((properties, encode)) = self.properties {
            encode(writer, properties);
        }
    }
}
