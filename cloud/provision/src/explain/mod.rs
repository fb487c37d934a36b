//! `motepost explain`: everything that AWS would refuse in a request, and why. AWS itself says `Forbidden`.
//!
//! [`request`] reads a request however broken it is, [`framing`] judges what only a whole request has, and [`parts`] what
//! can also be given by itself.

mod framing;
mod parts;
mod request;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use motepost_contract::endpoint::Endpoint;
use motepost_contract::files;

use crate::answer::{self, Answer};
use crate::signature::PublicKeyArgs;
use request::Request;

/// Give the whole request as it would be sent (a file, or - for standard input), or some of its parts, or both: --port,
/// --alpn, --public-key and --principal-id say what the bytes cannot.
#[derive(Args)]
pub(crate) struct Explain {
    /// The request, byte for byte, as `motepost publish --dry-run --show-secrets` prints it
    request: Option<PathBuf>,
    /// Data endpoint that the request goes to, which is also what TLS must name (SNI)
    #[arg(long)]
    endpoint: Option<String>,
    /// Port that the request goes to
    #[arg(long)]
    port: Option<u16>,
    /// ALPN protocol that TLS offers
    #[arg(long, value_name = "PROTOCOL")]
    alpn: Option<String>,
    /// Topic, not encoded
    #[arg(long)]
    topic: Option<String>,
    /// The authorizer's name
    #[arg(long)]
    authorizer: Option<String>,
    /// The authorizer's token key name
    #[arg(long, value_name = "NAME", default_value = "token")]
    token_key: String,
    /// File with the token, just as it is sent
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// File with the signature, just as it is sent
    #[arg(long, value_name = "FILE")]
    signature_file: Option<PathBuf>,
    #[command(flatten)]
    keys: PublicKeyArgs,
    /// File with the payload
    #[arg(long, value_name = "FILE")]
    payload_file: Option<PathBuf>,
    /// The principalId that the authorizer's function returns
    #[arg(long, value_name = "TEXT")]
    principal_id: Option<String>,
}

/// What was found, in the order of the request.
#[derive(Default)]
pub(crate) struct Findings {
    lines: Vec<String>,
    refused: usize,
}

impl Findings {
    /// AWS would not take it.
    pub(crate) fn refused(&mut self, text: impl AsRef<str>) {
        self.lines.push(format!("refused: {}", text.as_ref()));
        self.refused += 1;
    }

    /// AWS's documentation does not say, or it works and surprises.
    pub(crate) fn note(&mut self, text: impl AsRef<str>) {
        self.lines.push(format!("note: {}", text.as_ref()));
    }

    pub(crate) fn result(&mut self, result: Result<(), String>) {
        if let Err(text) = result {
            self.refused(text);
        }
    }
}

/// What AWS would judge, wherever it was found.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) endpoint: Option<String>,
    pub(crate) topic: Option<Vec<u8>>,
    pub(crate) authorizer: Option<Vec<u8>>,
    pub(crate) token: Option<Vec<u8>>,
    pub(crate) signature: Option<Vec<u8>>,
    pub(crate) payload: Option<Vec<u8>>,
}

impl Explain {
    pub(crate) fn run(self) -> Answer {
        let keys = self.keys.read()?;
        let mut findings = Findings::default();
        let mut found = Parts::default();
        if let Some(path) = &self.request {
            let bytes = files::read(path)?;
            let request = Request::read(&bytes, &mut findings);
            found = framing::check(&request, &self.token_key, &mut findings);
        }
        let bytes = |path: &Option<PathBuf>| path.as_deref().map(files::read).transpose();
        let line = |path: &Option<PathBuf>| path.as_deref().map(files::read_line).transpose();
        let given = Parts {
            endpoint: self.endpoint.clone(),
            topic: self.topic.clone().map(String::into_bytes),
            authorizer: self.authorizer.clone().map(String::into_bytes),
            token: bytes(&self.token_file)?.map(|token| token.to_vec()),
            signature: line(&self.signature_file)?.map(|line| line.to_vec()),
            payload: bytes(&self.payload_file)?.map(|payload| payload.to_vec()),
        };
        let parts = given.or(found, &mut findings);

        parts::connection(&parts, self.port, self.alpn.as_deref(), &mut findings);
        parts::topic(&parts, &mut findings);
        parts::credentials(
            &parts,
            &self.token_key,
            &keys,
            self.request.is_some(),
            &mut findings,
        );
        parts::payload(&parts, &mut findings);
        if let Some(id) = &self.principal_id {
            parts::principal(id, &mut findings);
        }

        if findings.refused == 0 {
            findings.lines.push(NOTHING.to_owned());
        }
        let mut text = findings.lines.join("\n");
        text.push('\n');
        answer::print(text.as_bytes())?;
        Ok(ExitCode::from(u8::from(findings.refused > 0)))
    }
}

const NOTHING: &str = "\
nothing here is refused. What cannot be seen from here: whether the authorizer exists in this region and is ACTIVE, whether
AWS may invoke its function, and whether the policy that it returns allows this topic. Its log in CloudWatch says which.";

/// A text that is no endpoint is refused elsewhere.
fn is_same(one: &str, other: &str) -> bool {
    match (Endpoint::parse(one), Endpoint::parse(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

impl Parts {
    /// These, and for what is not among them the others.
    fn or(self, found: Self, findings: &mut Findings) -> Self {
        if let (Some(given), Some(found)) = (&self.endpoint, &found.endpoint)
            && !is_same(given, found)
        {
            findings.refused(format!(
                "the host field says {found:?} and the connection goes to {given:?}: both must be the account's endpoint"
            ));
        }
        Self {
            endpoint: self.endpoint.or(found.endpoint),
            topic: self.topic.or(found.topic),
            authorizer: self.authorizer.or(found.authorizer),
            token: self.token.or(found.token),
            signature: self.signature.or(found.signature),
            payload: self.payload.or(found.payload),
        }
    }
}
