//! The command line. Its `--help` is the manual.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::TypedValueParser;
use clap::{Args, Parser};
use local_iot_core::{Behaviour, Config, Function, Limits, PublicKey, TlsChain};
use motepost_contract::files;
use motepost_contract::names::is_signing_key_name;
use rustls::pki_types::ServerName;

/// A local emulator of AWS IoT Core: HTTPS publish with custom authorizers, and an MQTT broker to watch it with.
///
/// Devices POST to /topics/<topic> as they would to AWS, with an authorizer's name, a token and, where it must be
/// signed, a signature. Responses have the form of AWS's; a refused credential gets a bare 403 Forbidden. The reason is
/// in the trace: one line a request on standard error, with neither token nor signature in it.
///
/// unsignedAuthorizer exists from the start, and signedAuthorizer when it is given a public key; others are made and
/// changed on the control port, with `aws --endpoint-url http://127.0.0.1:8081 iot create-authorizer` and its
/// relatives. Both ask the function customAuthFunc, which reads the token from the field `token` and the device's id
/// from the field `id`: the token `allow` grants the topics <id>/..., `deny` denies them, any other is refused.
/// --function replaces it, or adds others.
///
/// AWS's CLI needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which can be anything, and AWS_DEFAULT_REGION, which must
/// be the one of --region.
///
/// No AWS account is needed and nothing leaves this machine.
#[derive(Parser)]
#[command(name = "local-iot-core", version, after_long_help = SESSION, term_width = 110)]
pub(crate) struct Arguments {
    #[command(flatten, next_help_heading = "Ports and files")]
    pub(crate) ports: Ports,
    #[command(flatten, next_help_heading = "Authorizers")]
    authorizers: Authorizers,
    #[command(flatten, next_help_heading = "Where AWS's documentation is silent")]
    behaviour: Behaviour,
    #[command(flatten, next_help_heading = "Limits")]
    bounds: Bounds,
}

#[derive(Args)]
pub(crate) struct Ports {
    /// Port for https; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 8443)]
    https_port: u16,

    /// Port for plain http, for devices behind a gateway that does TLS; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    http_port: u16,

    /// Port for MQTT 3.1.1 and 5, on 127.0.0.1 whatever --listen says, as it asks for no credentials; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 1883)]
    mqtt_port: u16,

    /// Port for the control plane (`aws --endpoint-url http://127.0.0.1:PORT iot ...`) and the console page, on
    /// 127.0.0.1 whatever --listen says; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 8081)]
    control_port: u16,

    /// Address for https and http; anything but loopback lets other machines in
    #[arg(long, value_name = "ADDRESS", default_value_t = Config::default().listen)]
    pub(crate) listen: IpAddr,

    /// One more DNS name or IP address for the server certificate, which has localhost, 127.0.0.1, ::1 and
    /// a data endpoint's, such as local-ats.iot.<region>.amazonaws.com; may be repeated
    #[arg(long = "name", value_name = "NAME", value_parser = server_name)]
    names: Vec<String>,

    /// Certificates to show. AWS sends four, in RSA or ECDSA by the client's first cipher suite; the CA file then has the
    /// root of each kind, as a device would hold it
    #[arg(long, value_enum, value_name = "CHAIN", default_value_t = TlsChain::default())]
    tls_chain: TlsChain,

    /// Bytes of a TLS record at most, for clients with a small buffer [default: as many as TLS allows]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(64..=16_384))]
    tls_record_size: Option<u16>,

    /// Where to write the CA certificate to trust. Every start makes a new CA, unless --keep-ca or --state keeps it. `motepost
    /// publish --ca` reads it
    #[arg(long, value_name = "FILE", default_value = "local-iot-core-ca.pem")]
    pub(crate) ca_out: PathBuf,

    /// Write ports, CA file and process id here as JSON, all at once, when every port is open; removed at the end
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,

    /// Keep the CA here, key and certificate, from one run to the next, so that a device is flashed once; it is made if it
    /// does not exist, for its owner alone to read [default: FILE.ca.pem next to --state, if there is one]
    #[arg(long, alias = "ca", value_name = "FILE")]
    keep_ca: Option<PathBuf>,

    /// Keep authorizers, the default one, topic rules and retained messages here from one run to the next, and the CA next to it; it
    /// is made if it does not exist. Only one emulator at a time may use it, for which FILE.lock stays next to it
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Print no trace lines
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Args)]
struct Authorizers {
    /// Public key of signedAuthorizer: PEM, RSA of 2048 bits or more; may be repeated, and any key may verify.
    /// NAME is for the trace, of letters, digits and :_-, and is the file's name if left out
    #[arg(long, alias = "signed-authorizer-key", value_name = "[NAME=]FILE")]
    public_key: Vec<String>,

    /// Begin without unsignedAuthorizer, as an account of AWS does
    #[arg(long)]
    no_authorizers: bool,

    /// A function that authorizers and topic rules can name, run as Lambda would run it: a handler such as index.js (export `handler`)
    /// or handler.py (`lambda_handler` or `handler`), or an executable that speaks the Lambda runtime API, such as the
    /// `bootstrap` of a custom runtime. Its ARN is arn:aws:lambda:<region>:<account>:function:<NAME>, customAuthFunc is
    /// the one of the authorizers here; may be repeated
    #[arg(long, value_name = "NAME=PATH")]
    function: Vec<String>,

    /// A variable in such a function's environment; may be repeated. What is secret belongs in --function-env-file,
    /// for other users of this machine can read a command line
    #[arg(long, value_name = "NAME:KEY=VALUE")]
    function_env: Vec<String>,

    /// The same from a file of lines KEY=VALUE; empty lines and lines that begin with # do not count
    #[arg(long, value_name = "NAME:FILE")]
    function_env_file: Vec<String>,

    /// Processes of one function at once; they are started when they are needed, and end when they are idle
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().function_concurrency,
          value_parser = clap::value_parser!(u16).range(1..=1000).map(usize::from))]
    function_concurrency: usize,

    /// Seconds for a function that a topic rule calls, as the timeout of a Lambda; an authorizer's has 5
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().event_time.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=900))]
    rule_function_time: u64,

    /// Authorizer for requests that name none
    #[arg(long, value_name = "NAME")]
    default_authorizer: Option<String>,

    /// Region in the ARNs of policies
    #[arg(long, default_value_t = Config::default().region, value_parser = region)]
    region: String,

    /// Account in the ARNs of policies
    #[arg(long, default_value_t = Config::default().account, value_parser = account)]
    account: String,
}

#[derive(Args)]
struct Bounds {
    /// Bytes of a request line and its header fields together
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().head_bytes,
          value_parser = clap::value_parser!(u32).range(256..=MOST).map(|bytes| bytes as usize))]
    max_head_bytes: usize,

    /// Connections at once, https and http together
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().connections,
          value_parser = clap::value_parser!(u32).range(1..=MOST).map(|count| count as usize))]
    max_connections: usize,

    /// Messages that may wait for one slow MQTT subscriber; at QoS 1 it is disconnected where there would be more
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().mqtt_queue,
          value_parser = clap::value_parser!(u32).range(1..=MOST).map(|count| count as usize))]
    mqtt_queue: usize,

    /// Seconds after which an MQTT session over TLS ends, to see how a device takes it
    /// [default: what the function grants, its disconnectAfterInSeconds]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=MOST as u64))]
    mqtt_session_time: Option<u64>,

    /// Seconds of silence before a connection is closed
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().idle_time.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=MOST as u64))]
    idle_time: u64,

    /// Seconds for a TLS handshake, and for a request's head
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().head_time.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=MOST as u64))]
    head_time: u64,
}

/// Of whatever a limit counts: more than anybody needs, and less than what counts it can count.
const MOST: i64 = 1_000_000;

/// A certificate may have a wildcard as its first label.
fn server_name(text: &str) -> Result<String, String> {
    let name = text.strip_prefix("*.").unwrap_or(text);
    match ServerName::try_from(name) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(
            "not a DNS name or an IP address: write it without scheme, port and path".to_owned(),
        ),
    }
}

fn region(text: &str) -> Result<String, String> {
    let is_of_region = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || !text.chars().all(is_of_region) {
        return Err("a region is of a-z, 0-9 and -, such as eu-central-1".to_owned());
    }
    Ok(text.to_owned())
}

fn account(text: &str) -> Result<String, String> {
    if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("an account is a number of 12 digits, such as 123456789012".to_owned());
    }
    Ok(text.to_owned())
}

const SESSION: &str = "\
A session:
  local-iot-core --ca-out ca.pem &
  mosquitto_sub -h 127.0.0.1 -p 1883 -t 'uniqueID/#' -v &
  curl --cacert ca.pem -H 'x-amz-customauthorizer-name: unsignedAuthorizer' \\
       -H 'token: allow' -H 'id: uniqueID' --data '{\"message\":\"hello\"}' \\
       'https://localhost:8443/topics/uniqueID/status?qos=1'

The same, signed:
  openssl genrsa -out token.key 2048
  openssl rsa -in token.key -pubout -out token.pub
  local-iot-core --ca-out ca.pem --public-key token.pub &
  signature=$(printf allow | openssl dgst -sha256 -sign token.key | openssl base64 -A)
  curl --cacert ca.pem -H 'x-amz-customauthorizer-name: signedAuthorizer' \\
       -H \"x-amz-customauthorizer-signature: $signature\" \\
       -H 'token: allow' -H 'id: uniqueID' --data '{\"message\":\"hello\"}' \\
       'https://localhost:8443/topics/uniqueID/status?qos=1'

The same over MQTT:
  local-iot-core --ca-out ca.pem &
  mosquitto_pub -h localhost -p 8443 --cafile ca.pem --tls-alpn mqtt -i uniqueID -q 1 \\
       -u 'uniqueID?x-amz-customauthorizer-name=unsignedAuthorizer&token=allow' -P none \\
       -t uniqueID/status -m '{\"message\":\"hello\"}'

Your own authorizer function, and an authorizer that asks it:
  local-iot-core --function mine=index.js --function-env-file mine:function.env &
  aws --endpoint-url http://127.0.0.1:8081 iot create-authorizer --authorizer-name mine \\
      --status ACTIVE \\
      --authorizer-function-arn arn:aws:lambda:eu-central-1:123456789012:function:mine \\
      --token-key-name token --signing-disabled

In a script, without sleeping:
  local-iot-core --https-port 0 --http-port 0 --mqtt-port 0 --control-port 0 --ready-file ready.json &
  until test -e ready.json; do :; done

Query of a publish:   qos=0|1  retain=true|false  contentType  responseTopic  messageExpiry=SECONDS
Headers of a publish: x-amz-mqtt5-user-properties  x-amz-mqtt5-payload-format-indicator
                      x-amz-mqtt5-correlation-data
Credentials may travel in headers or in the query; a header counts before the query.

Exit status: 0 after Ctrl-C or SIGTERM, 1 if it could not start, 2 if the arguments are wrong.";

impl Arguments {
    pub(crate) fn config(&self) -> Result<Config, String> {
        let (ports, authorizers) = (&self.ports, &self.authorizers);
        let mut config = Config {
            listen: ports.listen,
            https_port: ports.https_port,
            http_port: ports.http_port,
            mqtt_port: ports.mqtt_port,
            control_port: ports.control_port,
            region: authorizers.region.clone(),
            account: authorizers.account.clone(),
            extra_names: ports.names.clone(),
            tls_chain: ports.tls_chain,
            tls_record_size: ports.tls_record_size.map(usize::from),
            default_authorizer: authorizers.default_authorizer.clone(),
            behaviour: self.behaviour.clone(),
            functions: authorizers.functions()?,
            unsigned_authorizer: !authorizers.no_authorizers,
            state: ports.state.clone(),
            ca: ports.keep_ca.clone(),
            ca_name: ports.ca_out.display().to_string(),
            limits: Limits {
                function_concurrency: authorizers.function_concurrency,
                event_time: Duration::from_secs(authorizers.rule_function_time),
                ..self.bounds.limits()
            },
            ..Config::default()
        };
        let keys = authorizers.public_key.iter();
        let keys = keys
            .map(|key| read_key(key))
            .collect::<Result<Vec<_>, _>>()?;
        if !keys.is_empty() {
            config = config.with_signed_authorizer("signedAuthorizer", keys);
        }
        Ok(config)
    }
}

impl Bounds {
    fn limits(&self) -> Limits {
        Limits {
            head_bytes: self.max_head_bytes,
            connections: self.max_connections,
            mqtt_queue: self.mqtt_queue,
            mqtt_session_time: self.mqtt_session_time.map(Duration::from_secs),
            idle_time: Duration::from_secs(self.idle_time),
            head_time: Duration::from_secs(self.head_time),
            ..Limits::default()
        }
    }
}

impl Authorizers {
    fn functions(&self) -> Result<Vec<Function>, String> {
        let split = |argument: &str, flag: &str, between: char| {
            argument
                .split_once(between)
                .filter(|(name, rest)| !name.is_empty() && !rest.is_empty())
                .map(|(name, rest)| (name.to_owned(), rest.to_owned()))
                .ok_or_else(|| format!("--{flag}: there is no {between:?} after a name"))
        };
        let mut functions = Vec::new();
        for argument in &self.function {
            let (name, path) = split(argument, "function", '=')?;
            functions.push(Function::process(&name, path));
        }
        let mut set = |name: &str, key: &str, value: &str| {
            let known = functions.iter_mut().find(|f| f.name() == name);
            let function =
                known.ok_or_else(|| format!("there is no --function {name} to set {key} for"))?;
            *function = function.clone().env(key, value);
            Ok::<_, String>(())
        };
        for argument in &self.function_env_file {
            let (name, file) = split(argument, "function-env-file", ':')?;
            let text = files::read_text(Path::new(&file)).map_err(|fault| fault.to_string())?;
            for (index, line) in text.lines().enumerate() {
                if line.trim().is_empty() || line.starts_with('#') {
                    continue;
                }
                // The line is not quoted: it may be a secret.
                let (key, value) = line
                    .split_once('=')
                    .filter(|(key, _)| !key.is_empty())
                    .ok_or_else(|| format!("{file}: line {} is not KEY=VALUE", index + 1))?;
                set(&name, key, value)?;
            }
        }
        for argument in &self.function_env {
            let (name, variable) = split(argument, "function-env", ':')?;
            let (key, value) = variable
                .split_once('=')
                .filter(|(key, _)| !key.is_empty())
                .ok_or("--function-env: there is no KEY=VALUE after the name")?;
            set(&name, key, value)?;
        }
        Ok(functions)
    }
}

/// `NAME=FILE`, or a file whose name may itself hold `=`.
fn read_key(argument: &str) -> Result<PublicKey, String> {
    let (name, file) = match argument.split_once('=') {
        Some((name, file)) if !Path::new(argument).exists() => (name, file),
        _ => (argument, argument),
    };
    let name = Path::new(name)
        .file_name()
        .map_or(name.into(), |name| name.to_string_lossy());
    // A file's name may hold what a key's may not.
    let name: String = name
        .chars()
        .map(|c| {
            if is_signing_key_name(c.encode_utf8(&mut [0; 4])) {
                c
            } else {
                '_'
            }
        })
        .take(128)
        .collect();
    let pem = files::read_text(Path::new(file)).map_err(|fault| fault.to_string())?;
    PublicKey::from_pem(&name, &pem).map_err(|error| format!("{file}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use local_iot_core::{
        AuthorizerOverride, CachedResponse, FunctionFailure, HeaderNames, Oversize, Unauthenticated,
    };

    fn config(arguments: &[&str]) -> Result<Config, String> {
        Arguments::try_parse_from([&["local-iot-core"], arguments].concat())
            .map_err(|error| error.to_string())?
            .config()
    }

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn without_flags_the_library_s_defaults_hold() {
        let config = config(&[]).unwrap();
        let library = Config::default();
        assert_eq!(
            (
                config.https_port,
                config.http_port,
                config.mqtt_port,
                config.control_port
            ),
            (8443, 8080, 1883, 8081)
        );
        assert_eq!(
            (config.listen, &config.region, &config.account),
            (library.listen, &library.region, &library.account)
        );
        assert_eq!(
            format!("{:?}", config.behaviour),
            format!("{:?}", library.behaviour)
        );
        assert_eq!(
            format!("{:?}", config.limits),
            format!("{:?}", library.limits)
        );
        assert!(config.authorizers.is_empty());
    }

    #[test]
    fn every_switch_reaches_the_configuration() {
        let flags = "--event-header-names lower --no-unsigned-event-token --require-connect --decode-header-signature \
                     --function-error-status 500 --accept-chunked --oversize-status 400 --unauthenticated-status 401 \
                     --authorizer-override refused --cached-response connection --collapse-slashes --plus-is-space \
                     --no-string-policy-documents --string-response --tls-resumption";
        let behaviour = config(&flags.split_whitespace().collect::<Vec<_>>())
            .unwrap()
            .behaviour;
        assert_eq!(behaviour.event_header_names, HeaderNames::Lower);
        assert!(
            !behaviour.unsigned_event_token
                && behaviour.require_connect
                && behaviour.decode_header_signature
        );
        assert_eq!(behaviour.function_failure, FunctionFailure::InternalFailure);
        assert!(behaviour.accept_chunked);
        assert_eq!(behaviour.oversize, Oversize::InvalidRequest);
        assert_eq!(behaviour.unauthenticated, Unauthenticated::Unauthorized);
        assert_eq!(behaviour.authorizer_override, AuthorizerOverride::Refused);
        assert_eq!(behaviour.cached_response, CachedResponse::SameConnection);
        assert!(behaviour.collapse_slashes && behaviour.plus_is_space);
        assert!(!behaviour.string_policy_documents);
        assert!(behaviour.string_response && behaviour.tls_resumption);
    }

    #[test]
    fn the_chain_and_the_record_size_reach_the_configuration() {
        let chosen = config(&["--tls-chain", "aws-both", "--tls-record-size", "512"]).unwrap();
        assert_eq!(
            (chosen.tls_chain, chosen.tls_record_size),
            (TlsChain::AwsBoth, Some(512))
        );
        assert!(config(&["--tls-record-size", "63"]).is_err());
    }

    #[test]
    fn the_limits_of_functions_reach_the_configuration() {
        let chosen = ["--function-concurrency", "3", "--rule-function-time", "900"];
        let limits = config(&chosen).unwrap().limits;
        assert_eq!(limits.function_concurrency, 3);
        assert_eq!(limits.event_time, Duration::from_secs(900));
        assert!(config(&["--rule-function-time", "901"]).is_err());
        assert!(config(&["--function-concurrency", "0"]).is_err());
    }

    #[test]
    fn a_function_is_a_name_and_a_path() {
        let config = config(&["--function", "f=/bin/a=b", "--function-env", "f:A=b=c"]).unwrap();
        assert_eq!(config.functions[0].name(), "f");
        assert!(format!("{:?}", config.functions).contains("/bin/a=b"));
    }

    #[test]
    fn what_is_wrong_with_a_function_is_said_without_its_secrets() {
        let folder = std::env::temp_dir();
        let file = folder.join(format!("local-iot-core-{}.env", std::process::id()));
        std::fs::write(&file, "# a comment\n\nA=b\nsecret\n").unwrap();
        let in_file = format!("f:{}", file.display());
        let f = ["--function", "f=/bin/true"];
        let rows = [
            (vec!["--function", "f"], "--function: "),
            (vec!["--function", "=/bin/true"], "--function: "),
            (vec!["--function-env", "f:secret=secret"], "no --function f"),
            (
                [&f[..], &["--function-env", "f:secret"]].concat(),
                "KEY=VALUE",
            ),
            (
                [&f[..], &["--function-env-file", &in_file]].concat(),
                "line 4",
            ),
            (
                [&f[..], &["--function-env-file", "f:/no/such"]].concat(),
                "/no/such",
            ),
        ];
        for (arguments, expected) in rows {
            let error = config(&arguments).err().unwrap();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("=secret"), "{error}");
        }
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn wrong_arguments_are_refused() {
        for arguments in [
            ["--https-port", "65536"],
            ["--function-error-status", "404"],
            ["--listen", "localhost"],
            ["--public-key", "/no/such.pem"],
        ] {
            assert!(config(&arguments).is_err(), "{arguments:?}");
        }
    }

    #[test]
    fn a_file_with_a_byte_order_mark_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let rows = [
            (
                "key.pem",
                "-----BEGIN PUBLIC KEY-----\n",
                "--public-key",
                "",
            ),
            ("f.env", "KEY=value\n", "--function-env-file", "f:"),
        ];
        for (name, text, option, prefix) in rows {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("\u{feff}{text}")).unwrap();
            let argument = format!("{prefix}{}", path.display());
            let error = config(&["--function", "f=./f", option, &argument]).err();
            let error = error.unwrap();
            assert!(
                error.contains(name) && error.contains("byte order mark"),
                "{option}: {error}"
            );
        }
    }

    #[test]
    fn a_value_that_cannot_work_is_refused_with_the_name_of_its_option() {
        let rows = [
            (
                "--name",
                vec!["", "a b", "gw.example.com:8443", "http://x", "*"],
            ),
            ("--region", vec!["", "eu central", "EU", "eu_1"]),
            ("--account", vec!["", "abc", "12345678901", "1234567890123"]),
            ("--max-head-bytes", vec!["0", "255", "18446744073709551615"]),
            ("--max-connections", vec!["0", "18446744073709551615"]),
            ("--mqtt-queue", vec!["0", "18446744073709551615"]),
            ("--mqtt-session-time", vec!["0", "18446744073709551615"]),
            ("--idle-time", vec!["0", "18446744073709551615"]),
            ("--head-time", vec!["0", "18446744073709551615"]),
        ];
        for (option, values) in rows {
            for value in values {
                let error = config(&[option, value]).err().unwrap();
                assert!(error.contains(option), "{option} {value:?}: {error}");
            }
        }
    }

    #[test]
    fn values_at_the_edge_are_taken() {
        for (option, value) in [
            ("--name", "*.example.com"),
            ("--name", "::1"),
            ("--name", "gateway"),
            ("--region", "us-gov-west-1"),
            ("--max-head-bytes", "256"),
            ("--max-connections", "1000000"),
            ("--idle-time", "1"),
        ] {
            assert!(config(&[option, value]).is_ok(), "{option} {value}");
        }
    }

    #[test]
    fn the_help_explains_every_flag_and_shows_a_session() {
        let help = Arguments::command().render_long_help().to_string();
        for text in [
            "mosquitto_sub",
            "--cacert",
            "Exit status",
            "openssl base64 -A",
        ] {
            assert!(help.contains(text), "{text}");
        }
        for argument in Arguments::command()
            .get_arguments()
            .filter(|a| !a.is_hide_set())
        {
            assert!(
                argument.get_help().is_some()
                    || ["help", "version"].contains(&argument.get_id().as_str()),
                "{argument}"
            );
        }
    }
}
