//! `motepost explain`: everything that AWS would refuse in a request, and why. AWS itself says `Forbidden`.
//!
//! [`input`] says what a text is, [`request`] reads a request however broken it is, [`framing`] judges what only a whole
//! request has, [`parts`] and [`jwt`] what can also be given by itself, and [`findings`] shows it.

mod findings;
mod framing;
mod input;
mod jwt;
mod parts;
mod request;

use std::io::{IsTerminal, stdin};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use motepost_contract::endpoint::Endpoint;
use motepost_contract::files;

use crate::command_result::{self, CommandResult};
use crate::signature::PublicKeyArgs;
pub(crate) use findings::Findings;
use input::{Curl, Input};
use request::Request;

/// Give the complete request as it would be sent, what `curl -v` printed, or what came back (a file, or standard input), or
/// some of its parts, or both: --port, --alpn, --public-key and --principal-id say what the bytes cannot.
#[derive(Args)]
pub(crate) struct Explain {
    /// The request, byte for byte, as `motepost publish --dry-run --show-secrets` prints it; or the output of `curl -v`, or
    /// a response, its JSON or what the AWS CLI says of it. Standard input unless that is a terminal
    request: Option<PathBuf>,
    /// Print JSON: is_refused, refused, notes, response
    #[arg(long)]
    json: bool,
    /// Data endpoint that the request goes to, which is also what TLS must name (SNI)
    #[arg(long, value_name = "HOST")]
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
    #[arg(long, value_name = "NAME")]
    authorizer: Option<String>,
    /// The authorizer's token key name
    #[arg(long, value_name = "NAME", default_value = DEFAULT_TOKEN_KEY)]
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

const DEFAULT_TOKEN_KEY: &str = "token";

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
    pub(crate) fn run(self) -> CommandResult {
        let keys = self.keys.read()?;
        let mut findings = Findings::default();
        let mut found = Parts::default();
        let (mut port, mut alpn) = (self.port, self.alpn.clone());
        let input = self.input()?.map(|bytes| Input::read(&bytes));
        let mut has_request = false;
        match input {
            None => {}
            Some(Input::Response(response)) => findings.received(response),
            Some(Input::Request(bytes)) => {
                has_request = true;
                let request = Request::read(&bytes, &mut findings);
                found = framing::check(&request, &self.token_key, &mut findings);
            }
            Some(Input::Curl(curl)) => {
                has_request = true;
                found = self.curl(&curl, &mut findings);
                port = port.or(curl.port);
                alpn = alpn.or(curl.alpn);
                if let Some(response) = curl.response {
                    findings.received(response);
                }
            }
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

        parts::connection(&parts, port, alpn.as_deref(), &mut findings);
        parts::topic(&parts, &mut findings);
        parts::credentials(&parts, &self.token_key, &keys, has_request, &mut findings);
        parts::payload(&parts, &mut findings);
        if let Some(id) = &self.principal_id {
            parts::principal(id, &mut findings);
        }

        let mut text = findings.text();
        if self.json {
            text = format!("{:#}\n", findings.json());
        } else if !findings.is_refused() && !findings.is_response_alone() {
            text += NOTHING;
        }
        command_result::print(text.as_bytes())?;
        Ok(ExitCode::from(u8::from(findings.is_refused())))
    }

    /// What there is to be read. "Nothing is refused" of nothing would be a lie.
    fn input(&self) -> anyhow::Result<Option<Vec<u8>>> {
        if let Some(path) = &self.request {
            let bytes = files::read(path)?;
            if bytes.trim_ascii().is_empty() {
                bail!("{}: is empty: there is nothing to explain", path.display());
            }
            return Ok(Some(bytes.to_vec()));
        }
        let files = [&self.token_file, &self.signature_file, &self.payload_file];
        let stdin_is_a_part = files
            .iter()
            .any(|file| file.as_deref() == Some(Path::new("-")));
        if !stdin_is_a_part && !stdin().is_terminal() {
            let bytes = files::read(Path::new("-"))?;
            if !bytes.trim_ascii().is_empty() {
                return Ok(Some(bytes.to_vec()));
            }
        }
        let is_given = files.iter().any(|file| file.is_some())
            || [
                &self.endpoint,
                &self.topic,
                &self.authorizer,
                &self.alpn,
                &self.principal_id,
            ]
            .iter()
            .any(|text| text.is_some())
            || self.port.is_some()
            || self.token_key != DEFAULT_TOKEN_KEY;
        if !is_given {
            bail!(
                "nothing to explain: give a request (a file, or on standard input) or some of its parts; see motepost explain --help"
            );
        }
        Ok(None)
    }

    /// The head is all that curl shows: how long the payload is cannot be compared.
    fn curl(&self, curl: &Curl, findings: &mut Findings) -> Parts {
        if let Some(failure) = &curl.failure {
            findings.note(format!("curl says: {}", failure.escape_debug()));
        }
        let request = Request::read(&curl.request, findings);
        framing::check_head(&request, &self.token_key, findings)
    }
}

const NOTHING: &str = "\
nothing here is refused. What cannot be seen from here: whether the authorizer exists in this region and is ACTIVE, whether
AWS may invoke its function, and whether the policy that it returns allows this topic. Its log in CloudWatch says which.
";

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
