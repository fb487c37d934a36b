//! `motepost fleet`: one file of credentials for each device of a CSV file.
//!
//! The files are the state: each appears whole or not at all and is never written twice, so that a run that was
//! interrupted anywhere is completed by the same command. One that is there is believed if it is what this run would
//! write. The index is made from them at the end.

mod devices;
mod existing;
mod progress;
mod store;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use fs4::FileExt;
use indicatif::ParallelProgressIterator;
use motepost_contract::files::{self, Written};
use motepost_contract::generation::Generation;
use motepost_contract::token;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::command_result::{self, CommandResult};
use crate::credentials::{FormatArgs, Maker, Scheme, Source};
use crate::file;
use devices::Device;
use progress::Progress;

/// The directory gets `devices/`, one file a device that only you can read; `index.csv`, which holds no secret; for static
/// tokens `authorizer-store.json`, the file store of the authorizer; and `fleet.json`, with what the run was asked for.
/// Interrupted, run the same command again: what is there stays, what is missing is made. To the store devices are added;
/// what it says of one, such as that it is revoked, stays.
#[derive(Args)]
pub(crate) struct Fleet {
    #[command(flatten)]
    source: Source,
    /// The devices: CSV with a line of names, of which one is `id`. With --scheme minted one may be `generation`, a device's
    /// --key-generation; where it is empty, the option's holds. Other columns are for you
    csv: PathBuf,
    /// The directory for what is made
    #[arg(long, value_name = "DIRECTORY")]
    out: PathBuf,
}

/// What all devices have in common. Another run into the same directory must be asked for the same.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    scheme: Scheme,
    #[serde(flatten)]
    format: FormatArgs,
    endpoint: String,
    authorizer: String,
    token_key: String,
    expires: Option<u64>,
    #[serde(default)]
    generation: Generation,
    /// Of the key that the credentials come from.
    key: String,
}

impl Fleet {
    pub(crate) fn run(self) -> CommandResult {
        let generation = self.source.fleet.generation();
        let devices = devices::read(&self.csv, self.source.scheme, generation)?;
        let maker = Maker::new(&self.source)?;
        let folder = self.out.join("devices");
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        if !fs::symlink_metadata(&folder)?.is_dir() {
            bail!(
                "{} is a link: files with secrets would be written where it leads",
                folder.display()
            );
        }
        if self.source.scheme == Scheme::Static {
            store::check(&self.store())?;
        }
        // Held until the end: of two runs at once the second would take the first one's unfinished files for rubbish.
        let _claim = self.claim(&maker)?;
        for folder in [&self.out, &folder] {
            files::remove_unfinished(folder).with_context(|| folder.display().to_string())?;
        }

        let progress = Progress::new(devices.len());
        let made: usize = devices
            .par_iter()
            .progress_with(progress.bar.clone())
            .map(|device| {
                let path = folder.join(self.file_name(&device.id));
                let written = if path.symlink_metadata().is_ok() {
                    existing::check(&path, device, &maker, &self.source.format)?;
                    Written::Exists
                } else {
                    let made = maker.device(&device.id, device.generation)?;
                    let contents = self.source.format.render(&made)?;
                    file::write_secret(&path, &contents)?
                };
                progress.step();
                Ok(usize::from(written == Written::New))
            })
            .sum::<anyhow::Result<usize>>()?;
        progress.bar.finish_and_clear();
        // An index of what a power cut has undone would be worse than none.
        files::sync_folder(&folder)?;

        self.write_index(&devices, &folder)?;
        let strangers = fs::read_dir(&folder)?.count().saturating_sub(devices.len());
        if strangers > 0 {
            let _ = writeln!(
                std::io::stderr(),
                "motepost: {} holds {strangers} more, of devices that {} does not name; they are left alone and not in the index",
                folder.display(),
                self.csv.display()
            );
        }
        let there = devices.len() - made;
        let index = self.out.join("index.csv");
        let done = format!(
            "{made} devices provisioned, {there} were there already: {}\n",
            index.display()
        );
        command_result::print(done.as_bytes())
    }

    /// Makes the directory this run's own, unless another run has it or it was made with other options.
    fn claim(&self, maker: &Maker<'_>) -> anyhow::Result<File> {
        let path = self.out.join("fleet.json");
        let manifest = Manifest {
            scheme: self.source.scheme,
            format: self.source.format.clone(),
            endpoint: self.source.endpoint.clone(),
            authorizer: self.source.authorizer.clone(),
            token_key: self.source.token_key.clone(),
            expires: self.source.expires,
            generation: self.source.fleet.generation(),
            key: maker.fingerprint()?,
        };
        let mut text = serde_json::to_vec_pretty(&manifest)?;
        text.push(b'\n');
        file::write_public(&path, &text)?;
        let claim = File::open(&path).with_context(|| path.display().to_string())?;
        if FileExt::try_lock(&claim).is_err() {
            bail!("another run is at work in {}", self.out.display());
        }
        let existing: Manifest = serde_json::from_slice(&fs::read(&path)?)
            .with_context(|| format!("{} is not what a run wrote", path.display()))?;
        if existing != manifest {
            bail!(
                "{} was made with other options or another key (see {}): choose another directory",
                self.out.display(),
                path.display()
            );
        }
        Ok(claim)
    }

    /// A colon is no part of a file's name everywhere; no id holds a `+`.
    fn file_name(&self, id: &str) -> String {
        let extension = self.source.format.format.extension();
        format!("{}.{extension}", id.replace(':', "+"))
    }

    fn store(&self) -> PathBuf {
        self.out.join("authorizer-store.json")
    }

    fn write_index(&self, devices: &[Device], folder: &Path) -> anyhow::Result<()> {
        let rows: Vec<_> = devices
            .par_iter()
            .map(|Device { id, .. }| {
                let name = self.file_name(id);
                let path = folder.join(&name);
                let hash = match self.source.scheme {
                    Scheme::Static => {
                        let token = self
                            .source
                            .format
                            .format
                            .token_of(&files::read(&path)?)
                            .with_context(|| path.display().to_string())?;
                        Some(token::sha256(&token))
                    }
                    Scheme::Minted | Scheme::Signed => None,
                };
                Ok((id, name, hash))
            })
            .collect::<anyhow::Result<_>>()?;

        let expires = self
            .source
            .expires
            .map_or(String::new(), |time| time.to_string());
        let mut index = String::from("id,file,expires,token_sha256\n");
        for (id, name, hash) in &rows {
            // No field can hold a comma or a quote: ids cannot, and the rest is ours.
            let hash = hash.as_ref().map_or(String::new(), token::sha256_to_text);
            index += &format!("{id},devices/{name},{expires},{hash}\n");
        }
        if self.source.scheme == Scheme::Static {
            let tokens: Vec<_> = rows
                .iter()
                .filter_map(|(id, _, hash)| Some(((*id).clone(), (*hash)?)))
                .collect();
            store::add(&self.store(), &tokens)?;
        }
        file::replace_public(&self.out.join("index.csv"), index.as_bytes())
    }
}
