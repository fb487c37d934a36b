//! What a client makes of the chains, here rustls.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tls_chains::{Chain, Fault, Kind, Roots};

const NAME: &str = "device.example";

fn is_trusted(chain: &Chain, roots: &Roots) -> bool {
    let mut store = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(roots.root_pem().as_bytes()).expect("a certificate");
    store.add(root).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider)
        .build()
        .expect("a verifier");
    let certificates: Vec<_> = chain
        .certificates
        .iter()
        .map(|der| CertificateDer::from(der.as_slice()))
        .collect();
    let (leaf, above) = certificates.split_first().expect("a leaf");
    let name = ServerName::try_from(NAME).expect("a name");
    verifier
        .verify_server_cert(leaf, above, &name, &[], UnixTime::now())
        .is_ok()
}

#[test]
fn each_kind_is_trusted_under_its_own_root_alone() {
    let names = [NAME.to_owned()];
    for kind in [Kind::Rsa, Kind::Ecdsa] {
        let roots = Roots::new(kind).expect("roots");
        let chain = roots.chain(&names).expect("a chain");
        assert!(is_trusted(&chain, &roots), "{kind:?}");
        let others = Roots::new(kind).expect("roots");
        assert!(!is_trusted(&chain, &others), "{kind:?} under another root");
    }
}

#[test]
fn a_chain_has_four_certificates_and_the_length_of_aws_ones() {
    let names = [NAME.to_owned()];
    for (kind, expected) in [(Kind::Rsa, 4_300..5_100), (Kind::Ecdsa, 3_300..4_300)] {
        let chain = Roots::new(kind).and_then(|roots| roots.chain(&names));
        let chain = chain.expect("a chain");
        assert_eq!(chain.certificates.len(), 4);
        let len = chain.message_len();
        assert!(expected.contains(&len), "{kind:?}: {len}");
    }
}

#[test]
fn each_fault_is_refused() {
    let names = [NAME.to_owned()];
    let roots = Roots::new(Kind::Rsa).expect("roots");
    for fault in [
        Fault::Expired,
        Fault::NotYetValid,
        Fault::IntermediateWithoutCa,
        Fault::SignedByLeaf,
        Fault::Truncated,
    ] {
        let chain = roots.faulty(&names, fault).expect("a chain");
        assert!(!is_trusted(&chain, &roots), "{fault:?}");
    }
}

#[test]
fn the_small_key_has_1024_bits() {
    let roots = Roots::new(Kind::Rsa).expect("roots");
    let small = roots
        .faulty(&[NAME.to_owned()], Fault::SmallKey)
        .expect("a chain");
    let usual = roots.chain(&[NAME.to_owned()]).expect("a chain");
    let lengths = [&small, &usual].map(|chain| chain.certificates.first().map(Vec::len));
    // 128 bytes of the modulus less, and a shorter key identifier's worth of encoding at most.
    let saved = lengths[1]
        .zip(lengths[0])
        .map(|(usual, small)| usual - small);
    assert!(
        saved.is_some_and(|saved| (126..140).contains(&saved)),
        "{lengths:?}"
    );
}
