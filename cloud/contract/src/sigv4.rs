//! Signature Version 4, as far as its form goes: the local emulator knows nobody's secret key, so it takes any
//! signature that has the shape of one (IAM User Guide, "AWS Signature Version 4 for API requests").

use crate::query;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Whether a request claims to be signed with it. `Authorization: Bearer` may well hold a custom authorizer's token.
pub fn is_claimed(authorization: Option<&[u8]>, query: Option<&str>) -> bool {
    let header = authorization.is_some_and(|value| value.starts_with(ALGORITHM.as_bytes()));
    let in_query = query::find(query.unwrap_or_default(), "X-Amz-Algorithm");
    let in_query = in_query.and_then(|parameter| parameter.bytes());
    header || in_query.is_some_and(|value| value == ALGORITHM.as_bytes())
}

/// What a credential is for.
#[derive(Debug, PartialEq, Eq)]
pub struct Scope {
    /// Such as `eu-central-1`.
    pub region: String,
    /// Such as `iot`.
    pub service: String,
}

/// The scope of the credential, or what is wrong with the form. Nothing of it is quoted.
pub fn scope(authorization: Option<&[u8]>, query: Option<&str>) -> Result<Scope, String> {
    let of_header = |name: &str| {
        let text = std::str::from_utf8(authorization?).ok()?;
        let fields = text.strip_prefix(ALGORITHM)?.split(',');
        fields
            .filter_map(|field| field.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    };
    let of_query = |name: &str| {
        let parameter = query::find(query?, &format!("X-Amz-{name}"))?;
        String::from_utf8(parameter.bytes()?).ok()
    };
    let in_header = authorization.is_some_and(|value| value.starts_with(ALGORITHM.as_bytes()));
    let field = |name: &str| {
        let value = if in_header {
            of_header(name)
        } else {
            of_query(name)
        };
        value
            .filter(|value| !value.is_empty())
            .ok_or_else(|| format!("Authorization requires '{name}' parameter"))
    };
    let credential = field("Credential")?;
    field("SignedHeaders")?;
    let signature = field("Signature")?;
    if signature.len() != 64 || !signature.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err("'Signature' is not 64 hexadecimal digits".to_owned());
    }
    match credential.split('/').collect::<Vec<_>>().as_slice() {
        [key, date, region, service, "aws4_request"]
            if !key.is_empty()
                && !region.is_empty()
                && date.len() == 8
                && date.bytes().all(|b| b.is_ascii_digit()) =>
        {
            Ok(Scope {
                region: (*region).to_owned(),
                service: (*service).to_owned(),
            })
        }
        _ => Err("'Credential' is not <key>/<date>/<region>/<service>/aws4_request".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKID/20261124/eu-central-1/iotdata/aws4_request, SignedHeaders=host;x-amz-date, Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn what_claims_to_be_signed() {
        let rows: [(Option<&str>, Option<&str>, bool); 6] = [
            (Some(SIGNED), None, true),
            (Some("AWS4-HMAC-SHA256"), None, true),
            (Some("Bearer AWS4-HMAC-SHA256"), None, false),
            (Some("Bearer abc"), Some("qos=1"), false),
            (None, Some("qos=1&X-Amz-Algorithm=AWS4-HMAC-SHA256"), true),
            (None, None, false),
        ];
        for (header, query, expected) in rows {
            assert_eq!(is_claimed(header.map(str::as_bytes), query), expected);
        }
    }

    #[test]
    fn the_scope_is_read_from_the_header_or_from_a_presigned_query() {
        let presigned = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20261124%2Feu-central-1%2Fiot%2Faws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        let expected = |service: &str| Scope {
            region: "eu-central-1".to_owned(),
            service: service.to_owned(),
        };
        assert_eq!(
            scope(Some(SIGNED.as_bytes()), None).unwrap(),
            expected("iotdata")
        );
        assert_eq!(scope(None, Some(presigned)).unwrap(), expected("iot"));
    }

    #[test]
    fn a_form_that_is_wrong_is_named_and_not_quoted() {
        let rows = [
            ("AWS4-HMAC-SHA256".to_owned(), "'Credential'"),
            (
                SIGNED.replace("SignedHeaders=host;x-amz-date, ", ""),
                "'SignedHeaders'",
            ),
            (SIGNED.replace("0123", "01xx"), "64 hexadecimal"),
            (SIGNED.replace("/aws4_request", ""), "<key>/<date>"),
            (SIGNED.replace("20261124", "2026"), "<key>/<date>"),
        ];
        for (header, expected) in rows {
            let error = scope(Some(header.as_bytes()), None).unwrap_err();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("AKID"));
        }
    }
}
