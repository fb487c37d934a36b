//! What a caller may choose before the emulator starts.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use motepost_contract::message;
use motepost_contract::signature::PublicKey;

use crate::authorizers::authorizer::{Authorizer, Decider};
use crate::behaviour::Behaviour;
use crate::function::definition::{AuthorizerFunction, Function};
use crate::function::example;
use crate::trace::log::TraceCallback;

/// Everything that can be chosen. `Config::default()` listens on loopback, on ports the system picks.
#[derive(Clone)]
pub struct Config {
    /// The address of the HTTPS and HTTP ports. The MQTT port is always on 127.0.0.1, as it asks for no credentials.
    pub listen: IpAddr,
    /// Port of `https://`; 0 lets the system choose.
    pub https_port: u16,
    /// Port of `http://`; 0 lets the system choose.
    pub http_port: u16,
    /// Port of the MQTT broker; 0 lets the system choose.
    pub mqtt_port: u16,
    /// Port of the control plane and the console page, plain HTTP on 127.0.0.1 whatever `listen` says; 0 lets the
    /// system choose.
    pub control_port: u16,
    /// The region in the ARNs that policies are checked against.
    pub region: String,
    /// The account in those ARNs.
    pub account: String,
    /// More DNS names or IP addresses for the server certificate.
    pub extra_names: Vec<String>,
    /// Which certificates the HTTPS port shows.
    pub tls_chain: TlsChain,
    /// Bytes that a TLS record holds at most, 64 to 16,384; `None` for as many as TLS allows.
    pub tls_record_size: Option<usize>,
    /// The functions that authorizers and topic rules can name by their ARN. `customAuthFunc`, the example function, is added unless
    /// one has that name.
    pub functions: Vec<Function>,
    /// The authorizers that exist at the start.
    pub authorizers: Vec<Authorizer>,
    /// Add `unsignedAuthorizer`, which asks `customAuthFunc`, unless an authorizer has that name.
    pub unsigned_authorizer: bool,
    /// The authorizer for requests that name none.
    pub default_authorizer: Option<String>,
    /// The file in which authorizers, the default one, topic rules and retained messages are kept from one run to the next, if any.
    /// The authorizers of this configuration replace those of the same name in the file; `unsignedAuthorizer` is added
    /// only where there is no file yet. One emulator at a time may use a file, held by a lock file next to it. What
    /// was acknowledged is in the file, even if the process is killed.
    pub state: Option<PathBuf>,
    /// The file in which the certificate authority, key and certificate, is kept from one run to the next; it is made if it
    /// does not exist. `None` for a file next to `state`, or for a new authority at every start if there is no state.
    pub ca: Option<PathBuf>,
    /// What the file of the CA certificate is called, in the example of the console page.
    pub ca_name: String,
    /// Choices where AWS's documentation is silent.
    pub behaviour: Behaviour,
    /// Bounds on size, number and time.
    pub limits: Limits,
    /// Called with every trace entry, for instance to print it.
    pub on_trace: Option<TraceCallback>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            https_port: 0,
            http_port: 0,
            mqtt_port: 0,
            control_port: 0,
            region: "eu-central-1".to_owned(),
            account: "123456789012".to_owned(),
            extra_names: Vec::new(),
            tls_chain: TlsChain::default(),
            tls_record_size: None,
            functions: Vec::new(),
            authorizers: Vec::new(),
            unsigned_authorizer: true,
            default_authorizer: None,
            state: None,
            ca: None,
            ca_name: "local-iot-core-ca.pem".to_owned(),
            behaviour: Behaviour::default(),
            limits: Limits::default(),
            on_trace: None,
        }
    }
}

/// Which certificates the HTTPS port shows. [`LocalIotCore::ca_pem`](crate::LocalIotCore::ca_pem) has the roots to trust.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TlsChain {
    /// One of ECDSA, directly under its CA.
    #[default]
    Short,
    /// Four of RSA, as under Amazon Root CA 1.
    AwsRsa,
    /// Four, of which the first two and the root to trust are of ECDSA, as under Amazon Root CA 3.
    AwsEcc,
    /// Either of the two, by the first cipher suite that the client offers.
    AwsBoth,
}

/// The name that the blog post gives its authorizer function.
pub(crate) const EXAMPLE_FUNCTION: &str = "customAuthFunc";

impl Config {
    /// The example authorizer function: the blog post's, with policies for this region and account.
    pub fn example_function(&self) -> AuthorizerFunction {
        example::new(&self.region, &self.account)
    }

    /// Adds an authorizer that demands signed tokens in the field `token` and asks `customAuthFunc`.
    #[must_use]
    pub fn with_signed_authorizer(mut self, name: &str, keys: Vec<PublicKey>) -> Self {
        let function = Decider::Function(EXAMPLE_FUNCTION.to_owned());
        self.authorizers
            .push(Authorizer::new(name, "token", function).with_keys(keys));
        self
    }
}

/// Bounds, so that no client can make the emulator grow or wait without end.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a request line and its header fields together. AWS's own bound is not published.
    pub head_bytes: usize,
    /// Number of header fields.
    pub header_fields: usize,
    /// Bytes of payload; AWS says 128 KB.
    pub body_bytes: usize,
    /// HTTPS and HTTP connections at once, and as many on the control port; one more is closed as soon as it is
    /// accepted.
    pub connections: usize,
    /// Clients of the plain MQTT port at once; one more is closed as soon as it is accepted. Those that come over TLS count as
    /// HTTPS connections.
    pub mqtt_clients: usize,
    /// For an MQTT session over TLS, even if its function's `disconnectAfterInSeconds`, which is at least 300, grants more:
    /// to see how a device takes the end of its session. `None` for what the function grants.
    pub mqtt_session_time: Option<Duration>,
    /// Messages waiting for one slow MQTT subscriber. When there are so many, a message at QoS 0 is lost to it; one at
    /// QoS 1 waits for up to two seconds. A subscriber that takes none for so long, or for whom as many more wait, is disconnected;
    /// messages that were retained before it subscribed do not count.
    pub mqtt_queue: usize,
    /// Retained messages.
    pub retained_messages: usize,
    /// From the first byte of a head, or of a TLS handshake, to its last.
    pub head_time: Duration,
    /// Of silence between two requests.
    pub idle_time: Duration,
    /// For a complete body to arrive, and for a response to be sent.
    pub body_time: Duration,
    /// For the authorizer function. AWS allows 5 seconds whatever the Lambda's own timeout.
    pub function_time: Duration,
    /// Processes of one function at once; as in Lambda each handles one event at a time.
    pub function_concurrency: usize,
    /// For an event to wait until a process is free; the function's time begins after it.
    pub function_wait: Duration,
    /// Until an idle process of a function is ended.
    pub function_idle_time: Duration,
    /// For a function that a topic rule calls: the timeout of the Lambda, which AWS takes from its configuration.
    pub event_time: Duration,
    /// Before each further try of an event that a function failed at. Lambda waits a minute, and then two.
    pub event_retries: Vec<Duration>,
    /// Kilobytes of messages that wait for the functions of topic rules, a message counting for one at least; what comes
    /// when there are so many is lost to the rules, and the trace says so.
    pub rule_queue: usize,
    /// Authorizers that can exist before the control plane makes no more. AWS's own figure is UNCONFIRMED.
    pub authorizers: usize,
    /// Topic rules that can exist (AWS IoT Core quotas).
    pub rules: usize,
    /// Trace entries kept; older ones are forgotten.
    pub trace_entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 8 * 1024,
            header_fields: 64,
            body_bytes: message::MAX_PAYLOAD,
            connections: 1000,
            mqtt_clients: 1000,
            mqtt_session_time: None,
            mqtt_queue: 1000,
            retained_messages: 10_000,
            head_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(30),
            body_time: Duration::from_secs(30),
            function_time: Duration::from_secs(5),
            function_concurrency: 10,
            function_wait: Duration::from_secs(30),
            function_idle_time: Duration::from_secs(300),
            event_time: Duration::from_secs(60),
            event_retries: vec![Duration::from_secs(1), Duration::from_secs(2)],
            rule_queue: 32 * 1024,
            authorizers: 100,
            rules: 1000,
            trace_entries: 1000,
        }
    }
}
