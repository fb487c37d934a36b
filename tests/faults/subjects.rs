//! The exchanges into which faults are put: each request with each answer.

use motepost::{CustomAuthorizer, ExchangeError, Properties, Publish, QoS};

use super::requests::{HOST, ID, PAYLOAD, TOPIC, article};

/// What of an answer a byte belongs to, which decides what a control character there breaks.
#[derive(Clone, Copy)]
pub enum Part {
    StatusLine,
    /// Also a trailer.
    FieldLine,
    /// A chunk's size, and the CRLF behind its data.
    Chunk,
    Data,
}

impl Part {
    const fn broken(self) -> Option<ExchangeError> {
        match self {
            Self::StatusLine => Some(ExchangeError::StatusLine),
            Self::FieldLine => Some(ExchangeError::FieldLine),
            Self::Chunk => Some(ExchangeError::Chunk),
            Self::Data => None,
        }
    }
}

/// What a caller sees of a whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub status: u16,
    pub error_type: String,
    pub body: Vec<u8>,
    pub truncated: bool,
}

#[derive(Clone)]
pub struct Answer {
    name: &'static str,
    status: u16,
    error_type: &'static str,
    ends_with_the_connection: bool,
    bytes: Vec<u8>,
    /// Of each byte.
    parts: Vec<Part>,
}

impl Answer {
    fn of(name: &'static str, status: u16, pieces: &[(Part, &str)]) -> Self {
        let mut answer = Self {
            name,
            status,
            error_type: "",
            ends_with_the_connection: false,
            bytes: Vec::new(),
            parts: Vec::new(),
        };
        for (part, text) in pieces {
            answer.bytes.extend_from_slice(text.as_bytes());
            answer.parts.resize(answer.bytes.len(), *part);
        }
        answer
    }

    /// One with a head and a body that is sent as it is.
    fn plain(name: &'static str, status: u16, whole: &str) -> Self {
        let (head, body) = whole.split_once("\r\n\r\n").expect("a head");
        let (first, lines) = head.split_once("\r\n").unwrap_or((head, ""));
        let first = format!("{first}\r\n");
        let lines = format!(
            "{lines}{}",
            if lines.is_empty() { "\r\n" } else { "\r\n\r\n" }
        );
        let pieces = [
            (Part::StatusLine, &*first),
            (Part::FieldLine, &*lines),
            (Part::Data, body),
        ];
        Self::of(name, status, &pieces)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same with other bytes from there on.
    pub fn changed(&self, at: usize, bytes: &[u8]) -> Self {
        let mut changed = self.clone();
        changed.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    }

    /// Whether the answer is whole if the peer closes behind so many bytes.
    pub fn may_end_at(&self, at: usize) -> bool {
        self.ends_with_the_connection && matches!(self.parts[at], Part::Data)
    }

    /// What a control character there is, or the first one that counts if all are from there on.
    pub fn broken_at(&self, at: usize, and_behind: bool) -> Option<ExchangeError> {
        let count = if and_behind { usize::MAX } else { 1 };
        let parts = self.parts.iter().skip(at).take(count);
        parts.filter_map(|part| part.broken()).next()
    }

    /// What is seen of it in a buffer of that size if no more than `len` bytes of it come.
    pub fn seen(&self, len: usize, capacity: usize) -> Seen {
        let of_data = |(byte, part): (&u8, &Part)| matches!(part, Part::Data).then_some(*byte);
        let pairs = self.bytes.iter().zip(&self.parts).take(len);
        let body: Vec<u8> = pairs.filter_map(of_data).collect();
        Seen {
            status: self.status,
            error_type: self.error_type.to_owned(),
            truncated: body.len() > capacity,
            body,
        }
    }
}

fn answers() -> Vec<Answer> {
    use Part::{Chunk, Data, FieldLine, StatusLine};
    let accepted = include_str!("../responses/accepted.http");
    let forbidden = include_str!("../responses/forbidden.http");
    let long = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 400\r\n\r\n{}",
        "0123456789".repeat(40)
    );
    let chunked = [
        (StatusLine, "HTTP/1.1 200 OK\r\n"),
        (
            FieldLine,
            "transfer-encoding: chunked\r\ntrailer: x-checksum\r\n\r\n",
        ),
        (Chunk, "5;x=\"y\"\r\n"),
        (Data, "hello"),
        (Chunk, "\r\n00A\r\n"),
        (Data, ", chunked!"),
        (Chunk, "\r\n0\r\n"),
        (FieldLine, "x-checksum: 5\r\n\r\n"),
    ];
    let interim = [
        (StatusLine, "HTTP/1.1 100 Continue\r\n"),
        (FieldLine, "\r\n"),
        (StatusLine, "HTTP/1.1 103 Early Hints\r\n"),
        (FieldLine, "link: </a>\r\ncontent-length: 7\r\n\r\n"),
        (StatusLine, "HTTP/1.1 200 \r\n"),
        (FieldLine, "Content-Length:2\r\n\r\n"),
        (Data, "OK"),
    ];
    vec![
        Answer::plain("length", 200, accepted),
        Answer {
            error_type: "ForbiddenException",
            ..Answer::plain("forbidden", 403, forbidden)
        },
        Answer::of("chunks", 200, &chunked),
        Answer {
            ends_with_the_connection: true,
            ..Answer::plain(
                "until-close",
                200,
                "HTTP/1.0 200 OK\r\n\r\n{\"message\":\"OK\"}",
            )
        },
        Answer::of("interim", 200, &interim),
        Answer::plain("too-long", 503, &long),
    ]
}

pub struct Subject {
    pub name: String,
    pub publish: Publish<'static>,
    /// The payload is written into the buffer, instead of copied there or sent from where it lies.
    pub composed: bool,
    pub capacity: usize,
    pub request: Vec<u8>,
    pub answer: Answer,
}

impl Subject {
    /// Bytes that are sent and received.
    pub fn len(&self) -> usize {
        self.request.len() + self.answer.bytes.len()
    }

    /// What is seen of the whole exchange.
    pub fn seen(&self) -> Seen {
        self.answer.seen(usize::MAX, self.capacity)
    }

    pub fn with_answer(&self, answer: Answer) -> Self {
        Self {
            name: self.name.clone(),
            publish: self.publish,
            composed: self.composed,
            capacity: self.capacity,
            request: self.request.clone(),
            answer,
        }
    }
}

/// The request whose payload is sent from where it lies.
const TWO_WRITES: &str = "two-writes";
static PROPERTIES: Properties<'static> = Properties::new()
    .content_type("application/json")
    .correlation_data(&[0xfe, 0xff])
    .user_properties(&[("unit", "°C")]);
const SIGNED: CustomAuthorizer<'static> = CustomAuthorizer::named("signed")
    .token("token", "allow")
    .signature_bytes(&[0xfb; 64])
    .in_query();

/// The sound exchanges: each request with one answer, and one request with each answer, for what is received does not depend
/// on what was sent.
pub fn all() -> Vec<Subject> {
    let everything = Publish::new(HOST, TOPIC, PAYLOAD)
        .qos(QoS::AtLeastOnce)
        .retain(true)
        .authorizer(SIGNED)
        .headers(ID)
        .properties(&PROPERTIES);
    let fits = |publish: &Publish<'_>, spare| {
        let head_len = publish.head_len().expect("a sound request");
        (head_len, head_len + PAYLOAD.len() + spare)
    };
    let (head_len, whole_len) = fits(&article(), 0);
    let requests = [
        ("one-write", article(), false, whole_len),
        (TWO_WRITES, article(), false, head_len),
        ("composed", article(), true, whole_len + 20),
        ("everything", everything, false, fits(&everything, 1).1),
    ];
    let mut subjects = Vec::new();
    for (name, publish, composed, capacity) in requests {
        let mut request = [0; 1024];
        let request = publish.encode(&mut request).expect("a sound request");
        let with_each_answer = name == TWO_WRITES;
        let answers = answers().into_iter();
        for answer in answers.take(if with_each_answer { usize::MAX } else { 1 }) {
            subjects.push(Subject {
                name: format!("{name}/{}", answer.name),
                publish,
                composed,
                capacity,
                request: request.to_vec(),
                answer,
            });
        }
    }
    subjects
}

/// One request with each answer.
pub fn of_each_answer() -> Vec<Subject> {
    let mut subjects = all();
    subjects.retain(|subject| subject.name.starts_with(TWO_WRITES));
    subjects
}
