//! A local emulator of AWS IoT Core: the HTTPS publish endpoint with custom authorizers, the control plane that makes
//! and changes them, an MQTT broker on which to see what was published, and a console page. No AWS account, nothing
//! leaves the machine.
//!
//! To a device it is as terse as AWS: a bad signature, an unknown authorizer and a policy that does not match are all
//! `{"message":"Forbidden",...}`. To you it gives the reason, one [`TraceEntry`] a request.
//!
//! ```
//! use std::io::{Read, Write};
//!
//! let emulator = local_iot_core::LocalIotCore::start(local_iot_core::Config::default())?;
//! let mut device = std::net::TcpStream::connect(emulator.http_addr())?;
//! device.write_all(
//!     b"POST /topics/uniqueID/status?qos=1 HTTP/1.1\r\nhost:localhost\r\n\
//!       x-amz-customauthorizer-name:unsignedAuthorizer\r\ntoken:deny\r\nid:uniqueID\r\n\
//!       connection:close\r\ncontent-length:2\r\n\r\n{}",
//! )?;
//! let mut response = String::new();
//! device.read_to_string(&mut response)?;
//! assert!(response.starts_with("HTTP/1.1 403 Forbidden\r\n"));
//! assert!(emulator.trace()[0].reason.contains("denies iot:Publish"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The control plane
//!
//! At [`LocalIotCore::control_addr`], in plain HTTP on loopback, for AWS's own clients, which need credentials and a region even
//! here. The credentials can be any, and the region must be [`Config::region`]:
//!
//! ```text
//! export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=eu-central-1
//! aws --endpoint-url http://127.0.0.1:8081 iot create-authorizer --authorizer-name A --status ACTIVE \
//!     --authorizer-function-arn arn:aws:lambda:eu-central-1:123456789012:function:customAuthFunc \
//!     --token-key-name token --signing-disabled
//! aws --endpoint-url http://127.0.0.1:8081 iot-data publish --topic a/b --payload hello
//! ```
//!
//! Version 2 of AWS's CLI reads `--payload` as base64, unless `--cli-binary-format raw-in-base64-out` is there.
//!
//! It has these operations:
//!
//! - create, update, describe, list, delete and test-invoke authorizers
//! - set, describe and clear the default authorizer
//! - topic rules and domain configurations, and the tags of both and of authorizers
//! - show retained messages
//! - test authorizations
//! - describe the endpoint, as host and port
//! - publish as the account's owner, as the data ports do
//!
//! Requests must look signed with SigV4. The signature is not checked, because the emulator has no secret keys. What exists
//! can be kept in a file: [`Config::state`].
//!
//! # MQTT
//!
//! On the https port, over TLS with ALPN `mqtt` and SNI, MQTT 3.1.1 and 5: authorizer, token and signature stand in the
//! user name, `<name>?x-amz-customauthorizer-name=A&token=T`. Or over WebSockets at `/mqtt`, where they stand in the upgrade's
//! headers, in its query, or in the user name. The authorizer decides on CONNECT, its policy on that
//! (`iot:Connect`), on each PUBLISH, SUBSCRIBE and message delivered (`iot:Receive`); it is asked again after
//! `refreshAfterInSeconds`, and the session ends after `disconnectAfterInSeconds`. A publish that the policy does not allow
//! ends the connection, or with MQTT 5 at QoS 1 is refused in its PUBACK.
//!
//! # Functions
//!
//! An authorizer calls a closure in this process, or a [`Function`] by its ARN, which may be a process of its own that
//! speaks the Lambda runtime API: the `bootstrap` that is deployed to AWS, unchanged, or a handler for Node.js or Python.
//! It has five seconds, a cold start included, from the moment when a process gets the event; a request that finds
//! all [`Limits::function_concurrency`] processes at work waits for the next free one. What it prints is in the trace, with
//! the request's credentials redacted. The example function of the blog
//! post always exists as `customAuthFunc`, unless another of that name replaces it.
//!
//! # Topic rules
//!
//! `aws iot create-topic-rule` and its relatives, with `SELECT` of `*`, `encode(*, 'base64')`, `topic()`, `topic(n)`, `timestamp()` and
//! `clientid()`, each with `AS <name>`, and `FROM '<topic filter>'`; whatever else AWS's SQL knows is refused by name. A rule is reached
//! by each message that its filter matches, and by Basic Ingest, `$aws/rules/<rule>/<topic>`. Its actions are functions, which are
//! called asynchronously, as Lambda calls them: one that fails is tried twice more. What a rule cannot pass on, such as a payload that is
//! no JSON, goes to its error action: a function, or a queue of SQS, for which the trace shows the message.
//!
//! A function publishes through the emulator with AWS's SDK: its environment has `AWS_ENDPOINT_URL_IOT_DATA_PLANE`.
//!
//! # Differences from AWS
//!
//! Where AWS's documentation is silent, [`Behaviour`] has a switch with the likelier reading as its default. These
//! differences are deliberate:
//!
//! - On the plain MQTT port a client needs no credentials and may publish anything, even to topics that AWS keeps for itself, on
//!   loopback only; the trace says so.
//! - MQTT over WebSockets is there with custom authentication, and not with SigV4.
//! - A client id of 128 bytes is one of fewer here if it has `/`, `\`, `%` or control characters, which count as three bytes each.
//! - An MQTT session ends with its connection: nothing is kept for a subscriber that is away but retained messages.
//! - A 200 to a publish at QoS 1 comes when the message waits for every subscriber at QoS 1, so that it reaches each
//!   whose session lasts. A subscriber that takes nothing for two seconds while its queue is full, or for whom twice as many
//!   messages wait ([`Limits::mqtt_queue`]), is disconnected, and the trace says so. What is retained at QoS 0 beyond the queue is lost
//!   to a new subscription; the trace says that too.
//! - How AWS refuses a topic filter that is too long, and whether it counts `$share/<name>/` of one, is UNCONFIRMED: here the SUBACK
//!   refuses it, and `$share/<name>/` does not count.
//! - Every client of the control port is the account's owner. The port is on loopback, and refuses pages of other sites.
//! - A function needs no permission (resource policy) to be invoked: forgetting it is a mistake that only AWS shows.
//! - A function has up to ten processes at once, where Lambda has up to a thousand in an account. A request for which none
//!   is free waits for up to 30 seconds ([`Limits::function_wait`]), where Lambda refuses it at once.
//! - Device shadows, jobs and things do not exist. Domain configurations exist as far as custom authorizers need them: a default
//!   authorizer for a server name, `authenticationType` without client certificates, `applicationProtocol` without WebSockets. Their names
//!   are those of the server certificate ([`Config::extra_names`]).
//! - An event that a rule's function failed at is tried again after one second and then two ([`Limits::event_retries`]), where Lambda
//!   waits a minute and then two. What waits when the emulator ends is lost.
//! - `test-authorization` knows the policies that functions returned, by `principalId`: there are no certificates and no named policies.
//! - A `Condition` in a policy is not evaluated: an `Allow` with one counts as not met, a `Deny` as met.
//! - `disconnectAfterInSeconds` ends an MQTT session, and no HTTP connection.

// The rooms, in the order in which a publish meets them: it comes to a port and is read and decided on its connection, of HTTP or
// MQTT; access, which the two share, finds its authorizer and asks that authorizer's function; the broker delivers it, topic rules
// give it to functions of their own, and the trace tells why.
mod server;

mod publish;

mod mqtt;

mod access;

mod authorizers;

mod function;

mod broker;

mod rules;

mod trace;

// An owner's request meets these instead: AWS's control plane, and the page that shows the trace and the messages.
mod control;

mod console;

// What the rooms share: what the account has, the running emulator, and what it was started with.
mod registry;

mod core;

mod config;

mod behaviour;

// The rules of AWS and of HTTP for what a request holds.
mod http;
mod message;
mod origin;

pub use authorizers::authorizer::{Authorizer, Decider};
pub use behaviour::{
    AuthorizerOverride, Behaviour, CachedResponse, FunctionFailure, HeaderNames, Oversize,
    Unauthenticated,
};
pub use config::{Config, Limits, TlsChain};
pub use function::definition::{AuthorizerFunction, Function};
pub use motepost_contract::signature::PublicKey;
pub use server::handle::{LocalIotCore, StartError};
pub use trace::entry::{Invocation, Stage, TraceEntry};
pub use trace::log::TraceCallback;
