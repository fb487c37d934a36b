//! A chain from its authorities.

use rcgen::{CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData};

use crate::authority::{self, Authority, DAY};
use crate::{Fault, Kind, Result, key};

/// The authorities of one kind of chain, which may sign any number of chains.
pub struct Roots {
    kind: Kind,
    root: Authority,
    root_pem: String,
    intermediate: Authority,
    /// Everything above the server's certificate, in DER, as AWS sends it.
    above: Vec<Vec<u8>>,
}

/// What a server shows.
pub struct Chain {
    /// The certificates in DER, the server's first.
    pub certificates: Vec<Vec<u8>>,
    /// The server's key, PKCS#8 in PEM.
    pub key_pem: String,
    /// Its public half: PKCS#1 in DER for RSA, an uncompressed point for P-256.
    pub public_key: Vec<u8>,
}

impl Roots {
    /// New ones, with the names that all of them have.
    ///
    /// # Errors
    /// When a key or a certificate cannot be made.
    pub fn new(kind: Kind) -> Result<Self> {
        let root = Authority::amazon_root(kind)?;
        // It may be kept, and devices hold it for long.
        let mut own = root.params()?;
        own.not_after = (std::time::SystemTime::now() + 3650 * DAY).into();
        let root_pem = own.self_signed(root.key())?.pem();
        Self::under(kind, root, root_pem)
    }

    /// The root of earlier ones, by its key and certificate in PEM, with everything under it new.
    ///
    /// # Errors
    /// When the key cannot be read, or a key or a certificate cannot be made.
    pub fn kept(kind: Kind, root_key_pem: &str, root_pem: String) -> Result<Self> {
        let root = Authority::kept_root(kind, root_key_pem)?;
        Self::under(kind, root, root_pem)
    }

    fn under(kind: Kind, root: Authority, root_pem: String) -> Result<Self> {
        let intermediate = Authority::intermediate(kind)?;
        let starfield = Authority::starfield()?;
        let above_all = Authority::starfield_class_2()?;
        let signed = |authority: &Authority, by: &Authority| -> Result<Vec<u8>> {
            let certificate = authority
                .params()?
                .signed_by(authority.key(), &by.issuer()?)?;
            Ok(certificate.der().to_vec())
        };
        let above = vec![
            signed(&intermediate, &root)?,
            signed(&root, &starfield)?,
            signed(&starfield, &above_all)?,
        ];
        Ok(Self {
            kind,
            root_pem,
            root,
            intermediate,
            above,
        })
    }

    /// What a device trusts: the root as it signed itself, in PEM.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// The root's key in PEM, for who keeps it.
    #[must_use]
    pub fn root_key_pem(&self) -> String {
        self.root.key().serialize_pem()
    }

    /// A chain for a server of these names.
    ///
    /// # Errors
    /// When a key or a certificate cannot be made.
    pub fn chain(&self, names: &[String]) -> Result<Chain> {
        let key = key::generate(self.kind)?;
        let leaf =
            authority::leaf(names, self.kind)?.signed_by(&key, &self.intermediate.issuer()?)?;
        let mut certificates = vec![leaf.der().to_vec()];
        certificates.extend(self.above.iter().cloned());
        Ok(Chain {
            certificates,
            key_pem: key.serialize_pem(),
            public_key: key.public_key_raw().to_vec(),
        })
    }

    /// A chain of the same names with something wrong.
    ///
    /// # Errors
    /// When a key or a certificate cannot be made.
    pub fn faulty(&self, names: &[String], fault: Fault) -> Result<Chain> {
        let mut chain = self.chain(names)?;
        match fault {
            Fault::Expired => self.replace_leaf(&mut chain, names, |leaf| {
                leaf.not_before -= 80 * DAY;
                leaf.not_after = leaf.not_before + 79 * DAY;
            })?,
            Fault::NotYetValid => self.replace_leaf(&mut chain, names, |leaf| {
                leaf.not_before += 2 * DAY;
            })?,
            Fault::IntermediateWithoutCa => {
                let mut params = self.intermediate.params()?;
                params.is_ca = IsCa::ExplicitNoCa;
                let certificate =
                    params.signed_by(self.intermediate.key(), &self.root.issuer()?)?;
                if let Some(place) = chain.certificates.get_mut(1) {
                    *place = certificate.der().to_vec();
                }
            }
            Fault::SignedByLeaf => {
                let leaf_key = KeyPair::from_pem(&chain.key_pem)?;
                let mut params = authority::leaf(names, self.kind)?;
                // rcgen would refuse to sign otherwise, and who forges a chain does not ask.
                params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
                let issuer = Issuer::new(params, leaf_key);
                let key = key::generate(self.kind)?;
                let forged = authority::leaf(names, self.kind)?.signed_by(&key, &issuer)?;
                chain.certificates.insert(0, forged.der().to_vec());
                chain.key_pem = key.serialize_pem();
                chain.public_key = key.public_key_raw().to_vec();
            }
            Fault::Truncated => chain.certificates.truncate(1),
            Fault::SmallKey => {
                let (pem, public) = key::small(1024)?;
                let leaf = authority::leaf(names, Kind::Rsa)?
                    .signed_by(&public, &self.intermediate.issuer()?)?;
                if let Some(place) = chain.certificates.first_mut() {
                    *place = leaf.der().to_vec();
                }
                chain.key_pem = pem;
                chain.public_key = public.der_bytes().to_vec();
            }
        }
        Ok(chain)
    }

    fn replace_leaf(
        &self,
        chain: &mut Chain,
        names: &[String],
        change: impl Fn(&mut CertificateParams),
    ) -> Result<()> {
        let key = KeyPair::from_pem(&chain.key_pem)?;
        let mut params = authority::leaf(names, self.kind)?;
        change(&mut params);
        let leaf = params.signed_by(&key, &self.intermediate.issuer()?)?;
        if let Some(place) = chain.certificates.first_mut() {
            *place = leaf.der().to_vec();
        }
        Ok(())
    }
}

impl Chain {
    /// The certificates and the key in one file, as OpenSSL's programs take them.
    #[must_use]
    pub fn pem(&self) -> String {
        pem_of(&self.certificates) + &self.key_pem
    }

    /// The certificates but the server's own, in PEM.
    #[must_use]
    pub fn pem_above(&self) -> String {
        pem_of(self.certificates.get(1..).unwrap_or_default())
    }

    /// How many bytes a Certificate message has for it (RFC 5246, 7.4.2).
    #[must_use]
    pub fn message_len(&self) -> usize {
        let lengths = self.certificates.iter().map(|der| 3 + der.len());
        4 + 3 + lengths.sum::<usize>()
    }
}

fn pem_of(certificates: &[Vec<u8>]) -> String {
    let certificates = certificates.iter();
    certificates
        .map(|der| pem::encode(&pem::Pem::new("CERTIFICATE", der.as_slice())))
        .collect()
}
