//! Host and port, as commands are given them and requests carry them; and which hosts of AWS take a publish.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::partition::Partition;

/// The port of an endpoint that names none, and the only one where AWS takes custom authentication.
pub const HTTPS_PORT: u16 = 443;
/// The longest name in DNS (RFC 1035, section 2.3.4).
pub const MAX_HOST_BYTES: usize = 253;

/// A host, and a port if one is named.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint<'a> {
    host: &'a str,
    port: Option<u16>,
}

/// Why a text is no endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointFault {
    /// No host is named.
    Missing,
    /// It is a URL.
    Url,
    /// It holds a character that no host's name has.
    Character,
    /// The host's name has so many bytes, more than [`MAX_HOST_BYTES`].
    TooLong(usize),
    /// What is after the colon is not a port.
    Port,
}

impl fmt::Display for EndpointFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the endpoint names no host"),
            Self::Url => f.write_str(
                "the endpoint is a URL: give the host name alone, without https:// and without a path",
            ),
            Self::Character => f.write_str(
                "the endpoint holds a character that no host name has: give the host name alone, without a path",
            ),
            Self::TooLong(bytes) => write!(
                f,
                "the endpoint's host name has {bytes} bytes of at most {MAX_HOST_BYTES}"
            ),
            Self::Port => f.write_str("the endpoint's port is not a number from 1 to 65535"),
        }
    }
}

impl std::error::Error for EndpointFault {}

impl<'a> Endpoint<'a> {
    /// Reads `host` or `host:port`. An IPv6 address stands in brackets.
    pub fn parse(text: &'a str) -> Result<Self, EndpointFault> {
        if text.contains("://") {
            return Err(EndpointFault::Url);
        }
        let host_len = match text.find(']') {
            Some(at) if text.starts_with('[') => at + 1,
            _ => text.find(':').unwrap_or(text.len()),
        };
        let (host, rest) = text.split_at(host_len);
        if host.is_empty() {
            return Err(EndpointFault::Missing);
        }
        if !is_host(host) {
            return Err(EndpointFault::Character);
        }
        if host.len() > MAX_HOST_BYTES {
            return Err(EndpointFault::TooLong(host.len()));
        }
        let port = match rest.strip_prefix(':') {
            Some(digits) => Some(port_number(digits).ok_or(EndpointFault::Port)?),
            None if rest.is_empty() => None,
            None => return Err(EndpointFault::Character),
        };
        Ok(Self { host, port })
    }

    /// The host's name or address.
    pub fn host(&self) -> &'a str {
        self.host
    }

    /// The host, if it is an address.
    pub fn address(&self) -> Option<IpAddr> {
        self.host.trim_matches(['[', ']']).parse().ok()
    }

    /// The port, if one is named.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// What AWS runs at this host; `None` if the host is not AWS's.
    pub fn aws_host(&self) -> Option<AwsHost> {
        AwsHost::of(self.host)
    }
}

/// Names differ in more than case, ports in more than being left out.
impl PartialEq for Endpoint<'_> {
    fn eq(&self, other: &Self) -> bool {
        let port = |endpoint: &Self| endpoint.port.unwrap_or(HTTPS_PORT);
        self.host.eq_ignore_ascii_case(other.host) && port(self) == port(other)
    }
}

impl Eq for Endpoint<'_> {}

fn is_host(text: &str) -> bool {
    let address = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match address {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c)),
    }
}

fn port_number(text: &str) -> Option<u16> {
    // `parse` alone would let a sign through.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = digits.then(|| text.parse().ok())??;
    (port > 0).then_some(port)
}

/// What AWS runs at a host, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsHost {
    /// A data endpoint, `iot:Data-ATS`.
    Data,
    /// A data endpoint of the older kind, `iot:Data`, which is reported as retired.
    RetiredData,
    /// Anything else, such as the control plane.
    Other,
}

impl AwsHost {
    fn of(host: &str) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        let (partition, labels) = Partition::of_host(&host)?;
        // `<prefix>-ats.iot.<region>`, in China `<prefix>.ats.iot.<region>`; with FIPS 140 `iot-fips` for `iot`.
        Some(match labels.split('.').collect::<Vec<_>>()[..] {
            [prefix, "iot" | "iot-fips", _] if prefix.ends_with("-ats") => Self::Data,
            [_, "ats", "iot" | "iot-fips", _] if partition.is_china() => Self::Data,
            // The SDKs' FIPS host, which no prefix of an account is in.
            ["data", "iot-fips", _] => Self::Data,
            [_, "iot" | "iot-fips", _] | [_, "ats", "iot" | "iot-fips", _] => Self::RetiredData,
            _ => Self::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_perhaps_a_port() {
        let rows = [
            ("localhost", "localhost", None),
            ("localhost:8443", "localhost", Some(8443)),
            (
                "A1-ats.iot.eu-central-1.amazonaws.com:443",
                "A1-ats.iot.eu-central-1.amazonaws.com",
                Some(443),
            ),
            ("127.0.0.1:1", "127.0.0.1", Some(1)),
            ("[::1]", "[::1]", None),
            ("[::1]:65535", "[::1]", Some(65535)),
        ];
        for (text, host, port) in rows {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!((endpoint.host(), endpoint.port()), (host, port));
            assert_eq!(
                endpoint.address().is_some(),
                host.contains("1]") || host == "127.0.0.1"
            );
        }
    }

    #[test]
    fn an_address_is_told_from_a_name() {
        for (text, is_address) in [
            ("127.0.0.1:8443", true),
            ("[::1]:8443", true),
            ("localhost", false),
            ("127.0.0.1.example.com", false),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!(endpoint.address().is_some(), is_address, "{text}");
        }
    }

    #[test]
    fn what_is_no_endpoint_says_why() {
        let long = "x".repeat(254);
        let rows = [
            ("", EndpointFault::Missing),
            (":443", EndpointFault::Missing),
            ("https://h", EndpointFault::Url),
            ("HTTPS://h:443/topics/t", EndpointFault::Url),
            ("mqtts://h", EndpointFault::Url),
            ("h/topics/t", EndpointFault::Character),
            ("//h", EndpointFault::Character),
            ("user@h", EndpointFault::Character),
            ("h h", EndpointFault::Character),
            ("h\n", EndpointFault::Character),
            ("é", EndpointFault::Character),
            ("[::1", EndpointFault::Character),
            ("[h]:1", EndpointFault::Character),
            ("[::1]1", EndpointFault::Character),
            ("h:", EndpointFault::Port),
            ("h:0", EndpointFault::Port),
            ("h:+443", EndpointFault::Port),
            ("h:65536", EndpointFault::Port),
            ("h:443:443", EndpointFault::Port),
            ("h:https", EndpointFault::Port),
            ("h:443/", EndpointFault::Port),
            (&long, EndpointFault::TooLong(254)),
        ];
        for (text, expected) in rows {
            assert_eq!(Endpoint::parse(text).err(), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn case_and_the_default_port_make_no_other_endpoint() {
        let rows = [
            ("h", "h:443", true),
            ("H.Example", "h.example", true),
            ("h:8443", "h", false),
            ("h:8443", "h:443", false),
            ("h", "g", false),
        ];
        for (one, other, same) in rows {
            let parse = |text| Endpoint::parse(text).unwrap();
            assert_eq!(parse(one) == parse(other), same, "{one} {other}");
        }
    }

    #[test]
    fn the_data_endpoints_of_all_partitions_are_known() {
        let rows = [
            (
                "a1b2-ats.iot.eu-central-1.amazonaws.com",
                Some(AwsHost::Data),
            ),
            (
                "A1B2-ATS.IOT.EU-CENTRAL-1.AMAZONAWS.COM",
                Some(AwsHost::Data),
            ),
            ("data-ats.iot.us-east-1.amazonaws.com", Some(AwsHost::Data)),
            (
                "data-ats.iot-fips.us-east-1.amazonaws.com",
                Some(AwsHost::Data),
            ),
            ("data.iot-fips.us-east-1.amazonaws.com", Some(AwsHost::Data)),
            (
                "a1b2.iot-fips.us-east-1.amazonaws.com",
                Some(AwsHost::RetiredData),
            ),
            (
                "data.iot.us-east-1.amazonaws.com",
                Some(AwsHost::RetiredData),
            ),
            (
                "a1b2-ats.iot.us-gov-west-1.amazonaws.com",
                Some(AwsHost::Data),
            ),
            (
                "a1b2.ats.iot.cn-north-1.amazonaws.com.cn",
                Some(AwsHost::Data),
            ),
            ("a1b2-ats.iot.us-iso-east-1.c2s.ic.gov", Some(AwsHost::Data)),
            (
                "a1b2.iot.eu-central-1.amazonaws.com",
                Some(AwsHost::RetiredData),
            ),
            (
                "a1b2.iot.cn-north-1.amazonaws.com.cn",
                Some(AwsHost::RetiredData),
            ),
            (
                "a1b2.ats.iot.eu-central-1.amazonaws.com",
                Some(AwsHost::RetiredData),
            ),
            ("iot.eu-central-1.amazonaws.com", Some(AwsHost::Other)),
            (
                "c1.credentials.iot.eu-central-1.amazonaws.com",
                Some(AwsHost::Other),
            ),
            ("s3.amazonaws.com", Some(AwsHost::Other)),
            ("localhost", None),
            ("amazonaws.com.example.org", None),
            ("notamazonaws.com", None),
        ];
        for (host, expected) in rows {
            let endpoint = Endpoint::parse(host).unwrap();
            assert_eq!(endpoint.aws_host(), expected, "{host}");
        }
    }

    /// The encoder takes what is an endpoint here. It also takes some texts in brackets that are no address.
    #[test]
    fn the_device_s_encoder_takes_every_endpoint() {
        let rows = [
            ("localhost:8443", true),
            ("a1-ats.iot.eu-central-1.amazonaws.com", true),
            ("[::1]:443", true),
            ("_a~b.c-d", true),
            ("", false),
            ("https://h", false),
            ("h/t", false),
            ("h h", false),
            ("é", false),
        ];
        for (text, expected) in rows {
            let encodes = motepost::Publish::new(text, "t", b"").head_len().is_ok();
            assert_eq!(encodes, expected, "{text:?}");
            assert_eq!(Endpoint::parse(text).is_ok(), expected, "{text:?}");
        }
    }
}
