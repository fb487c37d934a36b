//! `motepost sign-token`

use std::path::PathBuf;

use clap::Args;
use motepost_contract::{files, token};

use crate::command_result::{self, CommandResult};
use crate::signature::SigningKeyArgs;
use crate::{device_id, time};

/// The token is `<id>.<expiry>` of --id and --expires, or any text from --token-file or standard input. Its bytes are signed
/// as they are: RSASSA-PKCS1-v1_5 with SHA-256, as AWS checks it.
#[derive(Args)]
pub(crate) struct SignToken {
    #[command(flatten)]
    key: SigningKeyArgs,
    /// Sign the token `<ID>.<expiry>`
    #[arg(long, value_parser = device_id::parse, requires = "expires", conflicts_with = "token_file")]
    id: Option<String>,
    /// When the token ends: Unix seconds, or a time like 2027-01-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time::parse_end, requires = "id")]
    expires: Option<u64>,
    /// Sign the text of this file, without a newline at its end; - for standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    token_file: PathBuf,
    /// Print the token too, on a line before the signature
    #[arg(long)]
    with_token: bool,
}

impl SignToken {
    pub(crate) fn run(self) -> CommandResult {
        let token = match (&self.id, self.expires) {
            (Some(id), Some(expires)) => token::signed_form(id, expires).into(),
            _ => files::read_text(&self.token_file)?,
        };
        token::check(token.as_bytes())?;
        let signature = self.key.read()?.sign(token.as_bytes())?.base64();
        let token = if self.with_token {
            format!("{}\n", *token)
        } else {
            String::new()
        };
        command_result::print(format!("{token}{signature}\n").as_bytes())
    }
}
