//! A root certificate as BearSSL takes it: a name and a key, in C. For yours, BearSSL's own `brssl ta` writes the same.

use std::fmt::Write;

use rsa::pkcs8::DecodePublicKey;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

type Result<T> = std::result::Result<T, String>;

/// `ANCHORS` of these roots, in PEM.
///
/// # Errors
/// When one of them is no certificate, or has another kind of key than RSA or P-256.
pub fn c_text(roots: &str) -> Result<String> {
    let mut text = String::new();
    let mut list = String::new();
    for (at, root) in CertificateDer::pem_slice_iter(roots.as_bytes()).enumerate() {
        let (name, key) = name_and_key(root.map_err(|e| e.to_string())?)?;
        array(&mut text, &format!("NAME_{at}"), &name);
        let fields = match key {
            Key::Rsa(modulus, exponent) => {
                array(&mut text, &format!("N_{at}"), &modulus);
                array(&mut text, &format!("E_{at}"), &exponent);
                format!(
                    "BR_KEYTYPE_RSA, {{.rsa = {{(unsigned char *)N_{at}, sizeof N_{at}, (unsigned char *)E_{at}, sizeof E_{at}}}}}"
                )
            }
            Key::P256(point) => {
                array(&mut text, &format!("Q_{at}"), &point);
                format!(
                    "BR_KEYTYPE_EC, {{.ec = {{BR_EC_secp256r1, (unsigned char *)Q_{at}, sizeof Q_{at}}}}}"
                )
            }
        };
        let _ = writeln!(
            list,
            "    {{{{(unsigned char *)NAME_{at}, sizeof NAME_{at}}}, BR_X509_TA_CA, {{{fields}}}}},"
        );
    }
    let _ = writeln!(
        text,
        "static const br_x509_trust_anchor ANCHORS[] = {{\n{list}}};"
    );
    Ok(text)
}

/// `PINNED`, the server's own key, for a build that verifies no chain.
#[must_use]
pub fn pinned(point: &[u8]) -> String {
    let mut text = "#if CHAINS == CHAINS_PINNED_KEY\n".to_owned();
    array(&mut text, "POINT", point);
    text + "static const br_ec_public_key PINNED = {BR_EC_secp256r1, (unsigned char *)POINT, sizeof POINT};\n#endif\n"
}

enum Key {
    Rsa(Vec<u8>, Vec<u8>),
    P256(Vec<u8>),
}

fn name_and_key(root: CertificateDer<'_>) -> Result<(Vec<u8>, Key)> {
    let mut store = RootCertStore::empty();
    store.add(root).map_err(|e| e.to_string())?;
    let root = store.roots.first().ok_or("no root")?;
    let key_info = sequence(&root.subject_public_key_info);
    let key = match rsa::PublicKey::from_public_key_der(&key_info) {
        Ok(key) => {
            use rsa::traits::PublicKeyParts;
            Key::Rsa(key.n_bytes().to_vec(), key.e_bytes().to_vec())
        }
        // An uncompressed point ends it.
        Err(_) => Key::P256(key_info[key_info.len().saturating_sub(65)..].to_vec()),
    };
    Ok((sequence(&root.subject), key))
}

/// In DER.
fn sequence(content: &[u8]) -> Vec<u8> {
    let len = content.len().to_be_bytes();
    let header = match content.len() {
        0..0x80 => vec![0x30, len[len.len() - 1]],
        0x80..0x100 => vec![0x30, 0x81, len[len.len() - 1]],
        _ => vec![0x30, 0x82, len[len.len() - 2], len[len.len() - 1]],
    };
    [&header, content].concat()
}

fn array(text: &mut String, name: &str, bytes: &[u8]) {
    let list: Vec<_> = bytes.iter().map(u8::to_string).collect();
    let _ = writeln!(
        text,
        "static const unsigned char {name}[] = {{{}}};",
        list.join(", ")
    );
}
