//! The response to a publish, as AWS writes it. hyper is not used: it cannot write names in the mixed case of AWS's
//! `x-amzn-RequestId`.

use std::time::SystemTime;

/// The kinds of response, each with its status and AWS's name for it (API reference, "Publish"; Developer Guide,
/// "AWS IoT error codes"). 403 is not modelled there and is what AWS really sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    InvalidRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    TooLarge,
    InternalFailure,
}

impl Status {
    pub(crate) fn code(self) -> u16 {
        self.parts().0
    }

    pub(crate) fn error_type(self) -> Option<&'static str> {
        self.parts().2
    }

    fn parts(self) -> (u16, &'static str, Option<&'static str>) {
        match self {
            Self::Ok => (200, "OK", None),
            Self::InvalidRequest => (400, "Bad Request", Some("InvalidRequestException")),
            Self::Unauthorized => (401, "Unauthorized", Some("UnauthorizedException")),
            Self::Forbidden => (403, "Forbidden", Some("ForbiddenException")),
            // AWS's body and type for an unknown path are UNCONFIRMED.
            Self::NotFound => (404, "Not Found", Some("ResourceNotFoundException")),
            Self::MethodNotAllowed => {
                (405, "Method Not Allowed", Some("MethodNotAllowedException"))
            }
            Self::TooLarge => (
                413,
                "Request Entity Too Large",
                Some("RequestEntityTooLargeException"),
            ),
            Self::InternalFailure => (
                500,
                "Internal Server Error",
                Some("InternalFailureException"),
            ),
        }
    }
}

pub(crate) struct PublishResponse<'a> {
    pub(crate) status: Status,
    pub(crate) message: &'a str,
    pub(crate) request_id: &'a str,
}

impl PublishResponse<'_> {
    pub(crate) fn body(&self) -> String {
        let message = serde_json::Value::from(self.message);
        format!(
            "{{\"message\":{message},\"traceId\":\"{}\"}}",
            self.request_id
        )
    }

    /// Byte for byte as in dumps of AWS: order, case, `connection: keep-alive` even if the client asked for close,
    /// and the colon that ends the error type.
    pub(crate) fn to_bytes(&self, now: SystemTime, with_body: bool) -> Vec<u8> {
        let (code, phrase, error_type) = self.status.parts();
        let id = self.request_id;
        let body = self.body();
        let error = error_type.map_or(String::new(), |name| {
            format!("x-amzn-ErrorType: {name}:\r\n")
        });
        format!(
            "HTTP/1.1 {code} {phrase}\r\n\
             content-type: application/json\r\n\
             content-length: {}\r\n\
             date: {}\r\n\
             x-amzn-RequestId: {id}\r\n\
             connection: keep-alive\r\n\
             {error}\r\n{}",
            body.len(),
            httpdate::fmt_http_date(now),
            if with_body { &body } else { "" },
        )
        .into_bytes()
    }
}

/// The first byte of a TLS handshake (RFC 8446, section 5.1), with which no request begins.
pub(crate) const TLS_HANDSHAKE: u8 = 0x16;

/// A random UUID (RFC 9562, section 5.4).
pub(crate) fn uuid() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    Ok(id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_written_as_aws_writes_it() {
        let response = PublishResponse {
            status: Status::Ok,
            message: "OK",
            request_id: "ae8c1a66-c23e-80c1-0ba0-fc1951698f34",
        };
        let date = httpdate::parse_http_date("Wed, 05 Apr 2023 18:18:25 GMT").unwrap();
        assert_eq!(
            String::from_utf8(response.to_bytes(date, true)).unwrap(),
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 65\r\n\
             date: Wed, 05 Apr 2023 18:18:25 GMT\r\nx-amzn-RequestId: ae8c1a66-c23e-80c1-0ba0-fc1951698f34\r\n\
             connection: keep-alive\r\n\r\n\
             {\"message\":\"OK\",\"traceId\":\"ae8c1a66-c23e-80c1-0ba0-fc1951698f34\"}"
        );
    }

    #[test]
    fn ids_are_random_uuids() {
        let (one, two) = (uuid().unwrap(), uuid().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 36);
        assert_eq!(&one[14..15], "4");
        assert!(matches!(&one[19..20], "8" | "9" | "a" | "b"));
    }
}
