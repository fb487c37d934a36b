//! `motepost verify`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use motepost::token::{Freshness, TokenError, Window};
use motepost_contract::device_id::DeviceId;
use motepost_contract::signature::{self, PublicKey};
use motepost_contract::{files, token};
use zeroize::Zeroizing;

use crate::command_result::{self, CommandResult};
use crate::fleet_keys::DeviceKeyArgs;
use crate::signature::PublicKeyArgs;
use crate::{device_id, file, time};

#[derive(Subcommand)]
pub(crate) enum Verify {
    /// A token that a device minted with its key
    Minted(Minted),
    /// A token and its signature, as AWS and the authorizer check them
    Signed(Signed),
}

#[derive(Args)]
struct TokenArgs {
    /// File with the token; - for standard input. Or set MOTEPOST_TOKEN_FILE, or MOTEPOST_TOKEN to the token itself
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl TokenArgs {
    fn read(&self) -> anyhow::Result<Zeroizing<String>> {
        file::secret(self.token_file.as_ref(), "MOTEPOST_TOKEN")?
            .context("no token: give --token-file, MOTEPOST_TOKEN_FILE or MOTEPOST_TOKEN")
    }
}

#[derive(Args)]
pub(crate) struct Minted {
    #[command(flatten)]
    key: DeviceKeyArgs,
    /// The device that is said to have minted it
    #[arg(long, value_parser = device_id::parse)]
    id: String,
    #[command(flatten)]
    token: TokenArgs,
    /// How many seconds old a token may be
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    past: u32,
    /// How many seconds ahead a device's clock may be
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    future: u32,
    /// Check against this time instead of now
    #[arg(long, value_name = "TIME", value_parser = time::parse_u32)]
    now: Option<u32>,
    /// The last counter that was accepted; the token's must be greater
    #[arg(long, value_name = "NUMBER")]
    last_counter: Option<u32>,
}

#[derive(Args)]
pub(crate) struct Signed {
    #[command(flatten)]
    keys: PublicKeyArgs,
    #[command(flatten)]
    token: TokenArgs,
    /// File with the signature
    #[arg(long, value_name = "FILE")]
    signature_file: PathBuf,
    /// The device in the request; the token must be its own
    #[arg(long, value_parser = device_id::parse)]
    id: Option<String>,
    /// Check against this time instead of now
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    now: Option<u64>,
    /// Check the signature alone, for tokens of another form than `<id>.<expiry>`
    #[arg(long, conflicts_with_all = ["id", "now"])]
    any_form: bool,
}

impl Verify {
    pub(crate) fn run(self) -> CommandResult {
        let verdict = match self {
            Self::Minted(command) => command.verdict()?,
            Self::Signed(command) => command.verdict()?,
        };
        let (text, code) = match verdict {
            Ok(good) => (format!("valid: {good}\n"), ExitCode::SUCCESS),
            Err(reason) => (format!("not valid: {reason}\n"), ExitCode::from(1)),
        };
        command_result::print(text.as_bytes())?;
        Ok(code)
    }
}

type Verdict = Result<String, String>;

impl Minted {
    fn verdict(self) -> anyhow::Result<Verdict> {
        let token = self.token.read()?;
        // A file may end in a newline; the device sends none.
        let token = token.trim_end_matches(['\n', '\r']);
        let mut checked = Err(TokenError::WrongMac);
        for key in self.key.all(&self.id)? {
            checked = key.check(&self.id, token);
            if checked != Err(TokenError::WrongMac) {
                break;
            }
        }
        let id = &self.id;
        Ok(match checked {
            Err(error) => Err(error.to_string()),
            Ok(Freshness::Time(minted)) => {
                let now = self.now.unwrap_or_else(time::now_u32);
                let window = Window {
                    past: self.past,
                    future: self.future,
                };
                let distance = time::ago(i64::from(now) - i64::from(minted));
                match window.check(minted, now) {
                    Ok(()) => Ok(format!("minted by {id} at {minted}, {distance}")),
                    Err(error) => Err(format!("{error} (minted at {minted}, {distance})")),
                }
            }
            Ok(Freshness::Counter(count)) => match self.last_counter {
                Some(last) if count <= last => Err(format!(
                    "the counter {count} is not greater than {last}: replayed"
                )),
                _ => Ok(format!("minted by {id} with the counter {count}")),
            },
        })
    }
}

impl Signed {
    fn verdict(self) -> anyhow::Result<Verdict> {
        let keys = self.keys.read()?;
        if keys.is_empty() {
            anyhow::bail!("no public key: give --public-key");
        }
        let token = self.token.read()?;
        let signature = files::read_line(&self.signature_file)?;
        Ok(self.check(&keys, &token, &signature))
    }

    fn check(&self, keys: &[PublicKey], token: &str, signature: &[u8]) -> Verdict {
        let key = signature::verify(keys, token.as_bytes(), signature)?;
        if self.any_form {
            return Ok(format!("signed by the private key of {key}"));
        }
        let (id, expiry) = token::signed_parts(token).ok_or("the signature verifies, but the token is not <id>.<expiry in Unix seconds>: it never ends and is no one device's")?;
        DeviceId::parse(id)
            .map_err(|fault| format!("the signature verifies, but what the token names {fault}"))?;
        if self.id.as_deref().is_some_and(|wanted| wanted != id) {
            return Err("the token is another device's".to_owned());
        }
        let now = self.now.unwrap_or_else(time::now);
        if now >= expiry {
            return Err(format!(
                "the token ended at {expiry}, {} ago",
                time::amount(now - expiry)
            ));
        }
        Ok(format!(
            "signed by the private key of {key} for {id} until {expiry}"
        ))
    }
}
