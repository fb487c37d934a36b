//! One device's credentials: what they are, how they are made, and `motepost credentials`.

mod at_script;
mod binary;
mod c_header;
mod format;
mod intel_hex;
mod json;
mod nvs_csv;
mod uf2;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use base64ct::{Base64UrlUnpadded, Encoding};
use clap::{Args, ValueEnum};
use motepost::{CustomAuthorizer, EncodeError};
use motepost_contract::endpoint::Endpoint;
use motepost_contract::generation::{self, Generation};
use motepost_contract::token;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

pub(crate) use format::FormatArgs;

use crate::command_result::{self, CommandResult};
use crate::fleet_keys::FleetKeyArgs;
use crate::signature::{SigningKey, SigningKeyArgs};
use crate::{device_id, endpoint, file, time};

/// What a device proves itself with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scheme {
    /// A random token for good, of which the cloud keeps the SHA-256
    Static,
    /// A key, with which the device mints a token for each message
    Minted,
    /// A token `<id>.<expiry>` and its RSA signature, which AWS checks before it runs the authorizer
    Signed,
}

/// Everything that a device needs. Wiped when dropped; it has no `Debug`.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) scheme: Scheme,
    /// Empty where the device is told of its endpoint in another way.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) endpoint: String,
    /// Empty for the endpoint's default authorizer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) authorizer: String,
    pub(crate) token_key: String,
    /// Static and signed: what is sent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) token: String,
    /// Signed: base64 in one line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) signature: String,
    /// Minted: the device key, 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) key: String,
}

impl Drop for Credentials {
    fn drop(&mut self) {
        self.token.zeroize();
        self.signature.zeroize();
        self.key.zeroize();
    }
}

impl Credentials {
    /// From a file of JSON.
    pub(crate) fn from_json(text: &[u8]) -> anyhow::Result<Self> {
        json::parse(text)
    }
}

/// What a device's credentials are made from, but for the device.
#[derive(Args)]
pub(crate) struct Source {
    /// What the device proves itself with
    #[arg(long, value_enum)]
    pub(crate) scheme: Scheme,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    /// Data endpoint, as `aws iot describe-endpoint --endpoint-type iot:Data-ATS` prints it
    #[arg(
        long,
        value_name = "HOST",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) endpoint: String,
    /// The authorizer's name; without it the endpoint's default one decides
    #[arg(
        long,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) authorizer: String,
    /// The authorizer's token key name
    #[arg(long, value_name = "NAME", default_value = "token")]
    pub(crate) token_key: String,
    #[command(flatten)]
    pub(crate) fleet: FleetKeyArgs,
    #[command(flatten)]
    pub(crate) signing: SigningKeyArgs,
    /// Signed: when the token ends, in Unix seconds or like 2027-01-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time::parse_end)]
    pub(crate) expires: Option<u64>,
}

/// The keys of a [`Source`], read once for many devices.
pub(crate) struct Maker<'a> {
    source: &'a Source,
    secret: Secret,
}

/// Of a random token.
const TOKEN_BYTES: usize = 24;

enum Secret {
    Random,
    FleetKey(motepost::token::FleetKey),
    SigningKey(Box<SigningKey>, u64),
}

impl<'a> Maker<'a> {
    pub(crate) fn new(source: &'a Source) -> anyhow::Result<Self> {
        source.check_names()?;
        source.format.check()?;
        if source.expires.is_some() && source.scheme != Scheme::Signed {
            bail!("--expires is for --scheme signed: nothing else can end by itself");
        }
        if source.fleet.generation() != 0 && source.scheme != Scheme::Minted {
            bail!(
                "--key-generation is for --scheme minted: nothing else comes from a key that can follow another"
            );
        }
        let secret = match source.scheme {
            Scheme::Static => Secret::Random,
            Scheme::Minted => Secret::FleetKey(source.fleet.first()?),
            Scheme::Signed => {
                let expires = source.expires.context("--scheme signed needs --expires")?;
                Secret::SigningKey(Box::new(source.signing.read()?), expires)
            }
        };
        Ok(Self { source, secret })
    }

    /// Whether each device's token is random, so that no two are made alike.
    pub(crate) fn is_random(&self) -> bool {
        matches!(self.secret, Secret::Random)
    }

    /// The device as it was made before, if its token is one that this command makes.
    pub(crate) fn device_again(
        &self,
        id: &str,
        generation: Generation,
        token: &str,
    ) -> anyhow::Result<Credentials> {
        let mut device = self.device(id, generation)?;
        if self.is_random() {
            let bytes = Zeroizing::new(Base64UrlUnpadded::decode_vec(token)?);
            if bytes.len() != TOKEN_BYTES {
                bail!("this command did not make the token");
            }
            token.clone_into(&mut device.token);
        }
        Ok(device)
    }

    /// `generation` is the number of the device's key, if it is to have one that mints.
    pub(crate) fn device(&self, id: &str, generation: Generation) -> anyhow::Result<Credentials> {
        let mut device = Credentials {
            id: id.to_owned(),
            scheme: self.source.scheme,
            endpoint: self.source.endpoint.clone(),
            authorizer: self.source.authorizer.clone(),
            token_key: self.source.token_key.clone(),
            token: String::new(),
            signature: String::new(),
            key: String::new(),
        };
        match &self.secret {
            Secret::Random => {
                let mut bytes = Zeroizing::new([0; TOKEN_BYTES]);
                getrandom::fill(&mut *bytes).context("the system has no random bytes")?;
                device.token = Base64UrlUnpadded::encode_string(&*bytes);
            }
            Secret::FleetKey(key) => {
                let key = key.device_key(&generation::label(id, generation));
                device.key = base16ct::lower::encode_string(key.as_bytes());
            }
            Secret::SigningKey(key, expires) => {
                device.token = token::signed_form(id, *expires);
                device.signature = key.sign(device.token.as_bytes())?.base64();
            }
        }
        Ok(device)
    }

    /// What tells this source from another with other keys. Holds no secret.
    pub(crate) fn fingerprint(&self) -> anyhow::Result<String> {
        Ok(match &self.secret {
            Secret::Random => String::new(),
            Secret::FleetKey(_) => self.source.fleet.fingerprint()?,
            Secret::SigningKey(key, _) => key.public_pem()?,
        })
    }
}

impl Source {
    /// As the device's own encoder will: what it refuses must not get into a thousand flashes.
    fn check_names(&self) -> anyhow::Result<()> {
        let endpoint = match self.endpoint.as_str() {
            "" => "localhost",
            endpoint => endpoint,
        };
        endpoint::check(&Endpoint::parse(endpoint)?)?;
        let authorizer = match self.authorizer.as_str() {
            "" => CustomAuthorizer::endpoint_default(),
            name => CustomAuthorizer::named(name),
        };
        let probe = motepost::Publish::new(endpoint, "t", b"")
            .authorizer(authorizer.token(&self.token_key, "t"));
        encodes(&probe)?;
        encodes(&probe.headers(&[("id", "t")])).with_context(|| {
            format!(
                "--token-key {}: the device sends its id in the header `id`",
                self.token_key
            )
        })
    }
}

fn encodes(probe: &motepost::Publish<'_>) -> anyhow::Result<()> {
    match probe.head_len() {
        Ok(_) | Err(EncodeError::BufferTooSmall { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// `motepost credentials`
#[derive(Args)]
pub(crate) struct One {
    #[command(flatten)]
    source: Source,
    /// The device
    #[arg(long, value_parser = device_id::parse)]
    id: String,
    /// Where the credentials go; - prints them
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl One {
    pub(crate) fn run(self) -> CommandResult {
        let generation = self.source.fleet.generation();
        let device = Maker::new(&self.source)?.device(&self.id, generation)?;
        let contents = self.source.format.render(&device)?;
        // The half that the cloud keeps: not a secret, and not in the device's file.
        let pair = (device.scheme == Scheme::Static)
            .then(|| format!("{}={}\n", device.id, token_sha256(&device.token)));
        if self.out.as_os_str() == "-" {
            // Standard output is the device's half. Without the other one it is good for nothing.
            if let Some(pair) = pair {
                std::io::stderr().write_all(pair.as_bytes())?;
            }
            return command_result::print(&contents);
        }
        let written = file::write_secret(&self.out, &contents)?;
        file::refuse_existing(&self.out, written)?;
        match pair {
            Some(pair) => command_result::print_for(&self.out, pair.as_bytes()),
            None => Ok(ExitCode::SUCCESS),
        }
    }
}

/// As the authorizer's STATIC_TOKENS and its store have it.
pub(crate) fn token_sha256(token: &str) -> String {
    token::sha256_to_text(&token::sha256(token))
}
