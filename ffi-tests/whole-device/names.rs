//! BearSSL's names for its errors (bearssl_ssl.h, bearssl_x509.h), as far as a refusal ends with one.

use crate::Result;

const NAMES: &[(&str, u32)] = &[
    ("BR_ERR_BAD_VERSION", 4),
    ("BR_ERR_UNSUPPORTED_VERSION", 3),
    ("BR_ERR_BAD_LENGTH", 5),
    ("BR_ERR_TOO_LARGE", 6),
    ("BR_ERR_NO_RANDOM", 8),
    ("BR_ERR_X509_BAD_SIGNATURE", 52),
    ("BR_ERR_X509_EXPIRED", 54),
    ("BR_ERR_X509_BAD_SERVER_NAME", 56),
    ("BR_ERR_X509_NOT_CA", 58),
    ("BR_ERR_X509_FORBIDDEN_KEY_USAGE", 59),
    ("BR_ERR_X509_WEAK_PUBLIC_KEY", 60),
    ("BR_ERR_X509_NOT_TRUSTED", 62),
    ("BR_ERR_RECV_FATAL_ALERT + handshake_failure", 256 + 40),
    ("TLS_E_NOT_YET_VALID", 1000),
];

/// The number of an error.
pub fn number(name: &str) -> Result<u32> {
    NAMES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, number)| *number)
        .ok_or_else(|| format!("there is no error {name}"))
}
