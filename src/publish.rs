//! The model of one request, and its builder.

use core::fmt;

use crate::authorizer::{CustomAuthorizer, EncodeSignature};
use crate::fields::Fields;
use crate::properties::{self, Properties};
use crate::texts::{HEADERS, PAYLOAD, SIGNATURE};

/// How surely the message reaches its subscribers. AWS offers no QoS 2.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum QoS {
    /// Delivered once or never.
    #[default]
    AtMostOnce = 0,
    /// AWS answers when its broker has the message.
    AtLeastOnce = 1,
}

/// One reading on its way to one topic. Borrows everything; building it writes nothing and checks
/// nothing: the encoder does.
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
    texts: RequestTexts<'a>,
    encode_signature: Option<EncodeSignature>,
    write_credentials_in_query: Option<WriteCredentials>,
    headers: &'a [(&'a str, &'a str)],
    properties: Option<(&'a Properties<'a>, EncodeProperties)>,
    qos: QoS,
    retain: bool,
}

/// What a request is made of, by number.
pub(crate) type RequestTexts<'a> = [&'a [u8]; HEADERS];

/// Stored by the setter, so that firmware which carries its credentials in headers does not hold the
/// code for the query.
pub(crate) type WriteCredentials = fn(&Publish<'_>, &mut Fields<'_>);

/// Likewise, for firmware that sets no properties.
type EncodeProperties = fn(&mut Fields<'_>, &Properties<'_>);

impl<'a> Publish<'a> {
    /// A message for `topic` at `endpoint`: the host name alone, as `aws iot describe-endpoint
    /// --endpoint-type iot:Data-ATS` prints it, at most 253 characters; with `:port` for a stand-in.
    ///
    /// The topic has at most 256 bytes and seven slashes; `$aws/rules/<rule>/` (Basic Ingest)
    /// counts towards neither. The payload has at most 131,072 bytes and may be empty.
    pub const fn new(endpoint: &'a str, topic: &'a str, payload: &'a [u8]) -> Self {
        Self {
            texts: [
                endpoint.as_bytes(),
                topic.as_bytes(),
                payload,
                &[],
                &[],
                &[],
                &[],
            ],
            encode_signature: None,
            write_credentials_in_query: None,
            headers: &[],
            properties: None,
            qos: QoS::AtMostOnce,
            retain: false,
        }
    }

    /// The quality of service; at most once unless set.
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
        let [endpoint, topic, payload, ..] = self.texts;
        let [name, token_key, token, signature] = authorizer.texts;
        self.texts = [endpoint, topic, payload, name, token_key, token, signature];
        self.encode_signature = authorizer.encode_signature;
        self.write_credentials_in_query = authorizer.write_in_query;
        self
    }

    /// Headers of the caller's own, as names and values; the authorizer's function sees them.
    /// `host`, `content-length`, `transfer-encoding` and `connection` are refused.
    pub const fn headers(mut self, headers: &'a [(&'a str, &'a str)]) -> Self {
        self.headers = headers;
        self
    }

    /// What MQTT 5 subscribers learn beside the payload.
    pub const fn properties(mut self, properties: &'a Properties<'a>) -> Self {
        self.properties = Some((properties, properties::write_own));
        self
    }
}

impl fmt::Debug for Publish<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [endpoint, topic, payload, name, token_key, token, signature] = self.texts;
        let authorizer = CustomAuthorizer {
            texts: [name, token_key, token, signature],
            encode_signature: None,
            write_in_query: self.write_credentials_in_query,
        };
        // Header values may be credentials too (`authorization: Bearer …`).
        f.debug_struct("Publish")
            .field("endpoint", &shown(endpoint))
            .field("topic", &shown(topic))
            .field("payload_len", &payload.len())
            .field("authorizer", &authorizer)
            .field("headers", &self.headers.len())
            .field("qos", &self.qos)
            .field("retain", &self.retain)
            .finish_non_exhaustive()
    }
}

/// A text for `Debug`.
pub(crate) fn shown(text: &[u8]) -> &str {
    core::str::from_utf8(text).unwrap_or_default()
}

/// Texts by their numbers, from Rust or from C: those of a request, or those of one of its headers.
pub(crate) trait Texts: Copy {
    /// `None` where it cannot be read.
    fn text(&self, index: usize) -> Option<&[u8]>;
}

/// A request as the encoder reads it, from Rust or from C.
pub(crate) trait Model {
    type Texts<'t>: Texts
    where
        Self: 't;

    /// Those of the request.
    fn texts(&self) -> Self::Texts<'_>;
    /// One of the caller's own headers: the texts [`HEADERS`] and the next one.
    fn header(&self, index: usize) -> Option<Self::Texts<'_>>;
    /// Whether the credential of this number is there.
    fn is_given(&self, index: usize) -> bool;
    fn in_query(&self) -> bool;
    /// Writes the credentials, if that is where they go.
    fn write_credentials_in_query(&self, fields: &mut Fields<'_>);
    /// The QoS in the lowest byte, and in the next one 1 to retain the message.
    fn options(&self) -> u32;
    fn encode_signature(&self, fields: &mut Fields<'_>);
    fn encode_properties(&self, fields: &mut Fields<'_>);
}

/// The texts of a [`Publish`].
#[derive(Clone, Copy)]
pub(crate) enum OwnTexts<'a> {
    Request(&'a RequestTexts<'a>),
    Header(&'a (&'a str, &'a str)),
}

impl Texts for OwnTexts<'_> {
    fn text(&self, index: usize) -> Option<&[u8]> {
        match self {
            Self::Request(texts) => texts.get(index).copied(),
            Self::Header((name, _)) if index == HEADERS => Some(name.as_bytes()),
            Self::Header((_, value)) => Some(value.as_bytes()),
        }
    }
}

impl Model for Publish<'_> {
    type Texts<'t>
        = OwnTexts<'t>
    where
        Self: 't;

    fn texts(&self) -> OwnTexts<'_> {
        OwnTexts::Request(&self.texts)
    }

    fn header(&self, index: usize) -> Option<OwnTexts<'_>> {
        self.headers.get(index).map(OwnTexts::Header)
    }

    fn is_given(&self, index: usize) -> bool {
        self.texts.get(index).is_some_and(|text| !text.is_empty())
    }

    fn in_query(&self) -> bool {
        self.write_credentials_in_query.is_some()
    }

    fn write_credentials_in_query(&self, fields: &mut Fields<'_>) {
        if let Some(write) = self.write_credentials_in_query {
            write(self, fields);
        }
    }

    fn options(&self) -> u32 {
        u32::from_le_bytes([self.qos as u8, self.retain.into(), 0, 0])
    }

    fn encode_signature(&self, fields: &mut Fields<'_>) {
        if let Some(encode) = self.encode_signature {
            encode(fields, self.texts[SIGNATURE]);
        }
    }

    fn encode_properties(&self, fields: &mut Fields<'_>) {
        if let Some((properties, encode)) = self.properties {
            encode(fields, properties);
        }
    }
}

impl<'a> Publish<'a> {
    pub(crate) const fn payload_slice(&self) -> &'a [u8] {
        self.texts[PAYLOAD]
    }
}
