//! Certificate authorities that last for one run.

use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CrlDistributionPoint, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

use crate::{Kind, Result, key};

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A CA's name and key; who signs its certificate is another matter.
pub(crate) struct Authority {
    name: &'static [(DnType, &'static str)],
    key: KeyPair,
}

const AMAZON_ROOT_1: &[(DnType, &str)] = &[
    (DnType::CountryName, "US"),
    (DnType::OrganizationName, "Amazon"),
    (DnType::CommonName, "Amazon Root CA 1 (test)"),
];
const AMAZON_ROOT_3: &[(DnType, &str)] = &[
    (DnType::CountryName, "US"),
    (DnType::OrganizationName, "Amazon"),
    (DnType::CommonName, "Amazon Root CA 3 (test)"),
];
const RSA_INTERMEDIATE: &[(DnType, &str)] = &[
    (DnType::CountryName, "US"),
    (DnType::OrganizationName, "Amazon"),
    (DnType::CommonName, "Amazon RSA 2048 M01 (test)"),
];
const ECDSA_INTERMEDIATE: &[(DnType, &str)] = &[
    (DnType::CountryName, "US"),
    (DnType::OrganizationName, "Amazon"),
    (DnType::CommonName, "Amazon ECDSA 256 M01 (test)"),
];
const STARFIELD: &[(DnType, &str)] = &[
    (DnType::CountryName, "US"),
    (DnType::StateOrProvinceName, "Arizona"),
    (DnType::LocalityName, "Scottsdale"),
    (DnType::OrganizationName, "Starfield Technologies, Inc."),
    (
        DnType::CommonName,
        "Starfield Services Root Certificate Authority - G2 (test)",
    ),
];
const STARFIELD_CLASS_2: &[(DnType, &str)] = &[
    (DnType::CountryName, "US"),
    (DnType::OrganizationName, "Starfield Technologies, Inc."),
    (
        DnType::OrganizationalUnitName,
        "Starfield Class 2 Certification Authority (test)",
    ),
];

impl Authority {
    pub(crate) fn amazon_root(kind: Kind) -> Result<Self> {
        Self::new(root_name(kind), kind)
    }

    pub(crate) fn intermediate(kind: Kind) -> Result<Self> {
        Self::new(
            match kind {
                Kind::Rsa => RSA_INTERMEDIATE,
                Kind::Ecdsa => ECDSA_INTERMEDIATE,
            },
            kind,
        )
    }

    pub(crate) fn starfield() -> Result<Self> {
        Self::new(STARFIELD, Kind::Rsa)
    }

    pub(crate) fn starfield_class_2() -> Result<Self> {
        Self::new(STARFIELD_CLASS_2, Kind::Rsa)
    }

    /// The root of an earlier run.
    pub(crate) fn kept_root(kind: Kind, key_pem: &str) -> Result<Self> {
        Ok(Self {
            name: root_name(kind),
            key: KeyPair::from_pem(key_pem)?,
        })
    }

    fn new(name: &'static [(DnType, &'static str)], kind: Kind) -> Result<Self> {
        Ok(Self {
            name,
            key: key::generate(kind)?,
        })
    }

    pub(crate) fn key(&self) -> &KeyPair {
        &self.key
    }

    /// What its certificate says.
    pub(crate) fn params(&self) -> Result<CertificateParams> {
        let mut params = valid_now(CertificateParams::new(Vec::new())?);
        for (kind, value) in self.name {
            params.distinguished_name.push(kind.clone(), *value);
        }
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::CrlSign,
        ];
        with_addresses(&mut params);
        Ok(params)
    }

    /// The same as who signs.
    pub(crate) fn issuer(&self) -> Result<Issuer<'static, &KeyPair>> {
        Ok(Issuer::new(self.params()?, &self.key))
    }
}

fn root_name(kind: Kind) -> &'static [(DnType, &'static str)] {
    match kind {
        Kind::Rsa => AMAZON_ROOT_1,
        Kind::Ecdsa => AMAZON_ROOT_3,
    }
}

/// A server's certificate for these names.
pub(crate) fn leaf(names: &[String], kind: Kind) -> Result<CertificateParams> {
    let mut params = valid_now(CertificateParams::new(names.to_vec())?);
    let name = names.first().map_or("localhost", String::as_str);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    if kind == Kind::Rsa {
        params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
    }
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    with_addresses(&mut params);
    // Signed certificate timestamps (RFC 6962, 3.3): three of them take 360 bytes of each AWS certificate. These say nothing.
    let timestamps = [&[0x04, 0x82, 0x01, 0x68][..], &[0; 0x168]].concat();
    params
        .custom_extensions
        .push(CustomExtension::from_oid_content(
            &[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2],
            timestamps,
        ));
    Ok(params)
}

/// A day of grace for clocks that are behind; 90 days at most, as some clients refuse certificates that last long.
fn valid_now(mut params: CertificateParams) -> CertificateParams {
    let now = SystemTime::now();
    params.not_before = (now - DAY).into();
    params.not_after = (now + 90 * DAY).into();
    params.use_authority_key_identifier_extension = true;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
}

/// Where to ask for revocations and for the issuer, which makes the certificates as long as AWS's.
fn with_addresses(params: &mut CertificateParams) {
    params.crl_distribution_points = vec![CrlDistributionPoint {
        uris: vec!["http://crl.rootca1.example/rootca1.crl".into()],
    }];
    // Authority information access (RFC 5280, 4.2.2.1): one caIssuers with a URI.
    let uri = b"http://crt.rootca1.example/rootca1.cer";
    let method = [0x06, 0x08, 0x2B, 6, 1, 5, 5, 7, 0x30, 2];
    let description = [&method[..], &element(0x86, uri)].concat();
    let content = element(0x30, &element(0x30, &description));
    params
        .custom_extensions
        .push(CustomExtension::from_oid_content(
            &[1, 3, 6, 1, 5, 5, 7, 1, 1],
            content,
        ));
}

/// In DER, of less than 128 bytes.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u8::try_from(content.len()).unwrap_or(u8::MAX);
    [&[tag, len], content].concat()
}
