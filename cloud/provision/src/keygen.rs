//! `motepost keygen`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use motepost_contract::files::Written;
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use zeroize::Zeroizing;

use crate::command_result::{self, CommandResult};
use crate::file;

#[derive(Subcommand)]
pub(crate) enum Keygen {
    /// An RSA key pair: the private key signs tokens, the public key goes into the authorizer
    Signing(SigningPair),
    /// 32 random bytes, from which the key of every device is derived
    Fleet(FleetSecret),
}

#[derive(Args)]
pub(crate) struct SigningPair {
    /// Bits of the key. The signature in each request has 344, 512 or 684 characters
    #[arg(long, default_value = "2048", value_parser = clap::builder::PossibleValuesParser::new(["2048", "3072", "4096"]))]
    bits: String,
    /// Where the private key goes, PKCS #8 in PEM
    #[arg(long, value_name = "FILE")]
    private: PathBuf,
    /// Where the public key goes, SPKI in PEM: what AWS calls tokenSigningPublicKeys
    #[arg(long, value_name = "FILE")]
    public: PathBuf,
}

#[derive(Args)]
pub(crate) struct FleetSecret {
    /// Where the fleet key goes, 64 hexadecimal digits; - prints it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Keygen {
    pub(crate) fn run(self) -> CommandResult {
        match self {
            Self::Signing(command) => command.run(),
            Self::Fleet(command) => command.run(),
        }
    }
}

impl SigningPair {
    fn run(self) -> CommandResult {
        if self.private == self.public {
            bail!("--private and --public are one file: give two");
        }
        for (flag, path) in [("--private", &self.private), ("--public", &self.public)] {
            if path.as_os_str() == "-" {
                bail!("{flag} - would print a key among other text: give a file");
            }
        }
        // Looked at first, because a key takes a while to find.
        for path in [&self.private, &self.public] {
            refuse_existing_early(path)?;
        }
        let bits = self.bits.parse()?;
        let key = rsa::PrivateKey::new(
            &mut getrandom::rand_core::UnwrapErr(getrandom::SysRng),
            bits,
        )
        .context("no key could be made")?;
        let public = key.as_public_key().to_public_key_pem(LineEnding::LF)?;
        let private = key.to_pkcs8_pem(LineEnding::LF)?;
        file::refuse_existing(
            &self.private,
            file::write_secret(&self.private, private.as_bytes())?,
        )?;
        let written = file::write_public(&self.public, public.as_bytes())
            .and_then(|written| file::refuse_existing(&self.public, written));
        if let Err(error) = written {
            file::remove_useless(&self.private, &error)?;
            return Err(error);
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl FleetSecret {
    fn run(self) -> CommandResult {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *key).context("the system has no random bytes")?;
        command_result::give_key(&self.out, &*key)
    }
}

fn refuse_existing_early(path: &Path) -> anyhow::Result<()> {
    if path.symlink_metadata().is_ok() {
        file::refuse_existing(path, Written::Exists)?;
    }
    Ok(())
}
