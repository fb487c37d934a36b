//! `motepost publish`: the blog post's curl, by the device's own code.

mod report;
mod stars;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use embedded_io_adapters::std::FromStd;
use motepost::token::{DeviceKey, Freshness};
use motepost::{CustomAuthorizer, Exchange, QoS, blocking};
use motepost_contract::endpoint::{Endpoint, HTTPS_PORT};
use motepost_contract::{files, keys, signature, token};
use zeroize::Zeroizing;

use crate::command_result::{self, CommandResult};
use crate::connection::{self, Deadline, Recorded};
use crate::credentials::{Credentials, Scheme};
use crate::{device_id, endpoint, file, time};

/// With --credentials everything about the device comes from its file, and what else is given counts before it. Without, give
/// --endpoint and, in files or the environment, the token and the signature.
#[derive(Args)]
pub(crate) struct Publish {
    /// The device's credentials in JSON, from `motepost credentials` or `fleet`
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Data endpoint, as `aws iot describe-endpoint --endpoint-type iot:Data-ATS` prints it
    #[arg(long, value_name = "HOST")]
    endpoint: Option<String>,
    /// Port of the endpoint, instead of one that the endpoint names; 443 without either, where alone AWS takes custom
    /// authentication
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// CA to trust, in PEM, instead of the system's root certificates
    #[arg(long, value_name = "FILE", conflicts_with = "plain")]
    ca: Option<PathBuf>,
    /// Plain HTTP, for the local emulator on this machine
    #[arg(long)]
    plain: bool,
    /// Name of the authorizer; without it the endpoint's default one decides
    #[arg(long, value_name = "NAME")]
    authorizer: Option<String>,
    /// The authorizer's token key name
    #[arg(long, value_name = "NAME")]
    token_key: Option<String>,
    /// File with the token; - for standard input. Or, without --credentials, set MOTEPOST_TOKEN_FILE, or MOTEPOST_TOKEN to the
    /// token itself
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// File with the token's signature as one line of base64
    #[arg(long, value_name = "FILE")]
    signature_file: Option<PathBuf>,
    /// Value of the header `id`
    #[arg(long, value_parser = device_id::parse)]
    id: Option<String>,
    /// With the credentials of a device that mints: mint with this counter instead of the time
    #[arg(long, value_name = "NUMBER", requires = "credentials")]
    counter: Option<u32>,
    /// Topic; `<id>/status` unless given
    #[arg(long)]
    topic: Option<String>,
    /// 0 or 1
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=1))]
    qos: u8,
    /// Keep the message for later subscribers
    #[arg(long)]
    retain: bool,
    /// Carry the credentials in the query instead of in headers
    #[arg(long)]
    query: bool,
    /// Another header; the authorizer sees it
    #[arg(long = "header", value_name = "NAME:VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// Seconds for the complete publish: name, connection, TLS, request and response
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Print the bytes of the request and send nothing; secrets are starred out
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: the secrets too
    #[arg(long, requires = "dry_run")]
    show_secrets: bool,
    /// File with the payload; - for standard input
    #[arg(
        long,
        alias = "message-file",
        value_name = "FILE",
        conflicts_with = "message"
    )]
    payload_file: Option<PathBuf>,
    /// The message
    #[arg(default_value = r#"{"message":"Hello from motepost"}"#)]
    message: String,
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("is not NAME:VALUE")?;
    Ok((name.to_owned(), value.trim().to_owned()))
}

/// What the device shows, whichever way it came by it.
#[derive(Default)]
struct Shown {
    endpoint: String,
    authorizer: String,
    token_key: String,
    token: Zeroizing<String>,
    signature: Zeroizing<String>,
    id: Option<String>,
}

impl Publish {
    pub(crate) fn run(self) -> CommandResult {
        let shown = self.shown()?;
        let message = match &self.payload_file {
            Some(path) => files::read(path)?,
            None => Zeroizing::new(self.message.clone().into_bytes()),
        };
        let topic = match (&self.topic, &shown.id) {
            (Some(topic), _) => topic.clone(),
            (None, Some(id)) => format!("{id}/status"),
            (None, None) => bail!("no topic: give --topic, or --id for <id>/status"),
        };
        let mut headers: Vec<(&str, &str)> = Vec::new();
        headers.extend(shown.id.as_deref().map(|id| ("id", id)));
        headers.extend(self.headers.iter().map(|(name, value)| (&**name, &**value)));

        let mut authorizer = match shown.authorizer.as_str() {
            "" => CustomAuthorizer::endpoint_default(),
            name => CustomAuthorizer::named(name),
        };
        if !shown.token.is_empty() {
            authorizer = authorizer.token(&shown.token_key, &shown.token);
        }
        if !shown.signature.is_empty() {
            authorizer = authorizer.signature(&shown.signature);
        }
        if self.query {
            authorizer = authorizer.in_query();
        }
        let qos = [QoS::AtMostOnce, QoS::AtLeastOnce][usize::from(self.qos)];
        let reading = motepost::Publish::new(&shown.endpoint, &topic, &message)
            .qos(qos)
            .retain(self.retain)
            .authorizer(authorizer)
            .headers(&headers);

        let mut request = Zeroizing::new(vec![0; reading.head_len()? + message.len()]);
        reading.encode(&mut request)?;
        if self.dry_run {
            if !self.show_secrets {
                let head = request.len() - message.len();
                stars::star_out(&mut request[..head], &shown.token_key);
            }
            return command_result::print(&request);
        }
        let deadline = Deadline::after(Duration::from_secs(self.timeout));
        let mut recorded = Recorded::new(self.connect(&shown.endpoint, deadline)?);
        // The request, and afterwards the response, of which AWS's has 65 bytes.
        let mut buffer = vec![0; request.len().max(4096)];
        let mut exchange = Exchange::new(&reading, &mut buffer)?;
        let done = blocking::run(&mut FromStd::new(&mut recorded), &mut exchange);
        let known = exchange.status().zip(exchange.verdict());
        match (done, exchange.into_response()) {
            (Ok(()), Some(response)) => report::report(&response, recorded.head()),
            (Ok(()), None) => bail!("no complete response"),
            (Err(error), _) => Err(report::incomplete(known, &recorded, &error)),
        }
    }

    fn connect(
        &self,
        endpoint: &str,
        deadline: Deadline,
    ) -> anyhow::Result<Box<dyn connection::Stream>> {
        let endpoint = Endpoint::parse(endpoint)?;
        let host = endpoint.host();
        let port = self.port.or(endpoint.port()).unwrap_or(HTTPS_PORT);
        if self.plain {
            let is_here = endpoint
                .address()
                .map_or(host == "localhost", |at| at.is_loopback());
            if !is_here {
                bail!("--plain would show the credentials to the network: it is for localhost");
            }
            return connection::connect_plain(host, port, deadline);
        }
        connection::connect(host, port, self.ca.as_deref(), deadline)
    }

    fn shown(&self) -> anyhow::Result<Shown> {
        let mut shown = match &self.credentials {
            Some(path) => self.read_credentials(path)?,
            None => Shown::default(),
        };
        // A flag counts before a variable, and so do the credentials that one names.
        if (self.token_file.is_some() || self.credentials.is_none())
            && let Some(token) = file::secret(self.token_file.as_ref(), "MOTEPOST_TOKEN")?
        {
            // `motepost mint` has written it.
            let token = match token.strip_suffix('\n') {
                Some(line) if token::is_minted(line) => line,
                _ => token.as_str(),
            };
            token::check(token.as_bytes())?;
            token.clone_into(&mut shown.token);
        }
        if let Some(path) = &self.signature_file {
            let line = files::read_line(path)?;
            signature::decode(&line).map_err(anyhow::Error::msg)?;
            // Base64 is text.
            shown.signature = Zeroizing::new(String::from_utf8_lossy(&line).into_owned());
        }
        for (given, field) in [
            (&self.endpoint, &mut shown.endpoint),
            (&self.authorizer, &mut shown.authorizer),
            (&self.token_key, &mut shown.token_key),
        ] {
            if let Some(given) = given {
                given.clone_into(field);
            }
        }
        if self.id.is_some() {
            shown.id.clone_from(&self.id);
        }
        if shown.endpoint.is_empty() {
            bail!("no endpoint: give --endpoint");
        }
        let endpoint = Endpoint::parse(&shown.endpoint)?;
        endpoint::check(&endpoint)?;
        if self.port.is_some() && endpoint.port().is_some() {
            // The header `host` must not name another port than the connection has.
            shown.endpoint = endpoint.host().to_owned();
        }
        if shown.token_key.is_empty() {
            "token".clone_into(&mut shown.token_key);
        }
        Ok(shown)
    }

    fn read_credentials(&self, path: &std::path::Path) -> anyhow::Result<Shown> {
        // An error in reading has the file's name already.
        let contents = files::read_key(path)?;
        self.of_device(contents.as_bytes())
            .with_context(|| path.display().to_string())
    }

    fn of_device(&self, contents: &[u8]) -> anyhow::Result<Shown> {
        let device = Credentials::from_json(contents)?;
        if self.counter.is_some() && device.scheme != Scheme::Minted {
            bail!("--counter is for a device that mints");
        }
        let token = match device.scheme {
            Scheme::Static | Scheme::Signed => device.token.clone(),
            Scheme::Minted => {
                let key = keys::one(&device.key).context("the key")?;
                let freshness = match self.counter {
                    Some(counter) => Freshness::Counter(counter),
                    None => Freshness::Time(time::now_u32()),
                };
                DeviceKey::new(*key)
                    .mint(&device.id, freshness)?
                    .to_string()
            }
        };
        Ok(Shown {
            endpoint: device.endpoint.clone(),
            authorizer: device.authorizer.clone(),
            token_key: device.token_key.clone(),
            token: token.into(),
            signature: device.signature.clone().into(),
            id: Some(device.id.clone()),
        })
    }
}
