//! The parts that AWS is divided into. A region's part decides over its ARNs and its host names (AWS General Reference,
//! "AWS service endpoints"; the SDKs' `partitions.json`).

/// One part of AWS.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    name: &'static str,
    dns_suffix: &'static str,
    /// What its regions begin with; empty for the part that has all others.
    region_prefix: &'static str,
}

const PARTITIONS: [Partition; 8] = [
    partition("aws-cn", "amazonaws.com.cn", "cn-"),
    partition("aws-us-gov", "amazonaws.com", "us-gov-"),
    partition("aws-iso", "c2s.ic.gov", "us-iso-"),
    partition("aws-iso-b", "sc2s.sgov.gov", "us-isob-"),
    partition("aws-iso-e", "cloud.adc-e.uk", "eu-isoe-"),
    partition("aws-iso-f", "csp.hci.ic.gov", "us-isof-"),
    partition("aws-eusc", "amazonaws.eu", "eusc-"),
    partition("aws", "amazonaws.com", ""),
];

const fn partition(
    name: &'static str,
    dns_suffix: &'static str,
    region_prefix: &'static str,
) -> Partition {
    Partition {
        name,
        dns_suffix,
        region_prefix,
    }
}

impl Partition {
    /// The part that a region belongs to.
    pub fn of_region(region: &str) -> &'static Self {
        let [.., standard] = &PARTITIONS;
        let mut all = PARTITIONS.iter();
        all.find(|partition| region.starts_with(partition.region_prefix))
            .unwrap_or(standard)
    }

    /// The part whose host it is, and the host's name without the part's own domain.
    pub(crate) fn of_host(host: &str) -> Option<(&'static Self, &str)> {
        PARTITIONS.iter().find_map(|partition| {
            let labels = host.strip_suffix(partition.dns_suffix)?.strip_suffix('.')?;
            Some((partition, labels))
        })
    }

    /// As ARNs have it: `aws`, `aws-cn`, ...
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn is_china(&self) -> bool {
        self.name == "aws-cn"
    }
}

/// `arn:<partition>:<service>:<region>:<account>:<resource>`.
pub fn arn(service: &str, region: &str, account: &str, resource: &str) -> String {
    let partition = Partition::of_region(region).name;
    format!("arn:{partition}:{service}:{region}:{account}:{resource}")
}

/// The host of a data endpoint, as `describe-endpoint --endpoint-type iot:Data-ATS` gives it.
pub fn data_endpoint(prefix: &str, region: &str) -> String {
    let partition = Partition::of_region(region);
    let separator = if partition.is_china() { '.' } else { '-' };
    let domain = partition.dns_suffix;
    format!("{prefix}{separator}ats.iot.{region}.{domain}")
}

/// Whether a text is `arn:<partition>:iot:<region>:<12 digits of account>`, with what the resources of one account begin.
pub fn is_iot_arn_prefix(text: &str) -> bool {
    let word = |text: &str| {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !text.is_empty() && text.chars().all(allowed)
    };
    match text.split(':').collect::<Vec<_>>()[..] {
        ["arn", partition, "iot", region, account] => {
            word(partition)
                && word(region)
                && account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::{AwsHost, Endpoint};

    #[test]
    fn a_region_s_partition_is_in_its_arns_and_hosts() {
        let rows = [
            (
                "eu-central-1",
                "aws",
                "p-ats.iot.eu-central-1.amazonaws.com",
            ),
            ("us-east-1", "aws", "p-ats.iot.us-east-1.amazonaws.com"),
            (
                "cn-north-1",
                "aws-cn",
                "p.ats.iot.cn-north-1.amazonaws.com.cn",
            ),
            (
                "us-gov-west-1",
                "aws-us-gov",
                "p-ats.iot.us-gov-west-1.amazonaws.com",
            ),
            (
                "us-iso-east-1",
                "aws-iso",
                "p-ats.iot.us-iso-east-1.c2s.ic.gov",
            ),
            (
                "us-isob-east-1",
                "aws-iso-b",
                "p-ats.iot.us-isob-east-1.sc2s.sgov.gov",
            ),
            (
                "eusc-de-east-1",
                "aws-eusc",
                "p-ats.iot.eusc-de-east-1.amazonaws.eu",
            ),
        ];
        for (region, name, host) in rows {
            let arn = arn("iot", region, "123456789012", "topic/a");
            assert_eq!(arn, format!("arn:{name}:iot:{region}:123456789012:topic/a"));
            assert!(is_iot_arn_prefix(arn.strip_suffix(":topic/a").unwrap()));
            assert_eq!(data_endpoint("p", region), host);
            let endpoint = Endpoint::parse(host).unwrap();
            assert_eq!(endpoint.aws_host(), Some(AwsHost::Data), "{host}");
        }
    }

    #[test]
    fn what_is_an_arn_prefix() {
        for prefix in [
            "arn:aws:iot:eu-central-1:123456789012",
            "arn:aws-cn:iot:cn-north-1:123456789012",
        ] {
            assert!(is_iot_arn_prefix(prefix), "{prefix}");
        }
        for prefix in [
            "",
            "arn:aws:iot:eu-central-1:xxxxxxxxxxxx",
            "arn:aws:iot:eu-central-1:12345678901",
            "arn:aws:iot:*:123456789012",
            "arn:aws:iot::123456789012",
            "arn:aws:iot:eu-central-1:123456789012:",
            "arn:aws:lambda:eu-central-1:123456789012",
        ] {
            assert!(!is_iot_arn_prefix(prefix), "{prefix}");
        }
    }
}
