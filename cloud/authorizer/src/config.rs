//! Configuration from environment variables, read once when the function starts.

use std::path::PathBuf;

use motepost::token::Window;
use motepost_contract::names;
#[cfg(feature = "aws")]
use motepost_lambda::AwsVariables;
use motepost_lambda::ConfigError;
use zeroize::Zeroizing;

use crate::event::Place;
use crate::policy::Policy;

/// AWS's least for `disconnectAfterInSeconds` and `refreshAfterInSeconds`.
pub(crate) const LEAST_SECONDS: u32 = 300;

/// The function's configuration. An empty variable counts as one that is not set, as CloudFormation has no other way to
/// leave one out.
///
/// | variable | default | what |
/// |---|---|---|
/// | `SCHEMES` | needed | which credentials are accepted: some of `static`, `minted`, `signed`, with commas |
/// | `IOT_ARN_PREFIX` | needed | whose topics: `arn:aws:iot:<region>:<account>` |
/// | `TOKEN_KEY_NAME` | `token` | header or query parameter of the token, where AWS has put none into the event |
/// | `ID_NAME` | `id` | header or query parameter of the device's id |
/// | `PUBLISH_TOPICS` | `{id}/*` | topics a device may publish to, with commas; each holds `{id}`, and `*` at most as last level, and no two give one topic to two devices |
/// | `RETAIN` | `false` | whether messages may be retained |
/// | `SUBSCRIBE_FILTERS` | none | filters a device may subscribe to over MQTT, with commas |
/// | `MQTT` | `false` | whether MQTT clients are let in, over WebSockets or not; their client id is the device's id |
/// | `MQTT_ID` | `username` | where an MQTT client's id is: `username` (up to a `?`), `client-id`, `password` or `query` |
/// | `MQTT_TOKEN` | `password` | where its token is, if AWS has put none into the event: `username`, `password` or `query` |
/// | `REFRESH_AFTER_SECONDS` | 300 | how long AWS may keep the response for a connection: 300 to 86,400, and no longer than a token is good for (300 if that is less) |
/// | `DISCONNECT_AFTER_SECONDS` | 3600 | how long an MQTT connection may last, in the same bounds; with a counter 300 |
/// | `TOKEN_PAST_SECONDS` | 300 | how old a minted token may be |
/// | `TOKEN_FUTURE_SECONDS` | 60 | how far ahead a device's clock may be |
/// | `TOKEN_ONCE` | `false` | whether a token minted with a time counts once; needs `STORE_TABLE` or `STORE_FILE` |
/// | `FLEET_KEY_HEX` | | the fleet key for minted tokens: 64 hexadecimal digits; of several, with white space between, any is good |
/// | `FLEET_KEY_FILE` | | or a file with the same text |
/// | `FLEET_KEY_SECRET` | | or a secret in Secrets Manager with the same text (feature `aws`) |
/// | `STORE_TABLE` | | devices and counters in this DynamoDB table (feature `aws`) |
/// | `STORE_FILE` | | or in this [file](crate::store::FileStore) |
/// | `STATIC_TOKENS` | none | without either: pairs `<id>=<SHA-256 of the token in hexadecimal>`, with commas |
/// | `REVOKED_IDS` | none | without either: ids to be refused, with commas |
///
/// For a table or a secret Lambda itself sets `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and
/// `AWS_SESSION_TOKEN`; `AWS_ENDPOINT_URL` leads to a local emulator of those services.
#[derive(Clone)]
pub struct Config {
    pub(crate) static_pairs: bool,
    pub(crate) minted: Option<Minted>,
    pub(crate) signed: bool,
    pub(crate) token_key_name: String,
    pub(crate) id_name: String,
    pub(crate) policy: Policy,
    pub(crate) mqtt: Option<Mqtt>,
    pub(crate) refresh_after_seconds: u32,
    pub(crate) disconnect_after_seconds: u32,
    pub(crate) store: StorePlace,
    /// Needed only for a table or a secret.
    #[cfg(feature = "aws")]
    pub(crate) aws: Result<AwsVariables, ConfigError>,
    #[cfg(feature = "aws")]
    pub(crate) aws_endpoint: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Minted {
    pub(crate) window: Window,
    pub(crate) once: bool,
    pub(crate) keys: KeyPlace,
}

/// Where MQTT clients have their credentials.
#[derive(Clone, Debug)]
pub(crate) struct Mqtt {
    pub(crate) id: Place,
    pub(crate) token: Place,
}

#[derive(Clone)]
pub(crate) enum KeyPlace {
    Text(Zeroizing<String>),
    File(PathBuf),
    Secret(String),
}

#[derive(Clone)]
pub(crate) enum StorePlace {
    Environment {
        static_tokens: String,
        revoked_ids: String,
    },
    File(PathBuf),
    Table(String),
}

impl Config {
    /// From variables; `std::env::var(name).ok()` is what looks them up in the function's own environment.
    pub fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let environment = Environment(&variable);
        let schemes = read_schemes(&environment)?;
        let store = store(&environment)?;
        check_combinations(&environment, &schemes, &store)?;
        let minted = schemes
            .minted
            .then(|| read_minted(&environment, &store))
            .transpose()?;
        let (token_key_name, id_name) = read_names(&environment)?;
        Ok(Self {
            static_pairs: schemes.static_pairs,
            minted,
            signed: schemes.signed,
            token_key_name,
            id_name,
            policy: read_policy(&environment)?,
            mqtt: read_mqtt(&environment)?,
            refresh_after_seconds: environment.seconds(
                "REFRESH_AFTER_SECONDS",
                LEAST_SECONDS,
                LEAST_SECONDS,
                86_400,
            )?,
            disconnect_after_seconds: environment.seconds(
                "DISCONNECT_AFTER_SECONDS",
                3600,
                LEAST_SECONDS,
                86_400,
            )?,
            store,
            #[cfg(feature = "aws")]
            aws: AwsVariables::read(|name| environment.text(name)),
            #[cfg(feature = "aws")]
            aws_endpoint: environment.text("AWS_ENDPOINT_URL"),
        })
    }
}

/// Which credentials are accepted.
struct Schemes {
    static_pairs: bool,
    minted: bool,
    signed: bool,
}

fn read_schemes(environment: &Environment<'_>) -> Result<Schemes, ConfigError> {
    let mut schemes = Schemes {
        static_pairs: false,
        minted: false,
        signed: false,
    };
    let list = environment.list("SCHEMES");
    if list.is_empty() {
        return Err(ConfigError::new(
            "SCHEMES",
            "set it to some of static, minted, signed: nothing is accepted unasked",
        ));
    }
    for scheme in list {
        match scheme.as_str() {
            "static" => schemes.static_pairs = true,
            "minted" => schemes.minted = true,
            "signed" => schemes.signed = true,
            _ => {
                return Err(ConfigError::new(
                    "SCHEMES",
                    format!("there is no {scheme}: use static, minted, signed"),
                ));
            }
        }
    }
    Ok(schemes)
}

/// Refuses schemes without what they need, and variables that none of the schemes reads.
fn check_combinations(
    environment: &Environment<'_>,
    schemes: &Schemes,
    store: &StorePlace,
) -> Result<(), ConfigError> {
    if let StorePlace::Environment { static_tokens, .. } = store
        && schemes.static_pairs
        && static_tokens.is_empty()
    {
        let problem = "SCHEMES has static, so set this, STORE_TABLE or STORE_FILE";
        return Err(ConfigError::new("STATIC_TOKENS", problem));
    }
    if !schemes.minted {
        environment.unused(&FOR_MINTED, MINTED)?;
        // The template sets it always.
        if environment.flag("TOKEN_ONCE")? {
            return Err(no_effect("TOKEN_ONCE", MINTED));
        }
    }
    if !schemes.static_pairs {
        environment.unused(&["STATIC_TOKENS"], "SCHEMES has static")?;
    }
    Ok(())
}

/// The header or query parameter of the token, and that of the id.
fn read_names(environment: &Environment<'_>) -> Result<(String, String), ConfigError> {
    let token_key_name = environment.field_name("TOKEN_KEY_NAME", "token")?;
    let id_name = environment.field_name("ID_NAME", "id")?;
    // A header's name is the same in either case.
    if token_key_name.eq_ignore_ascii_case(&id_name) {
        let problem = "is the same name as ID_NAME";
        return Err(ConfigError::new("TOKEN_KEY_NAME", problem));
    }
    Ok((token_key_name, id_name))
}

fn read_policy(environment: &Environment<'_>) -> Result<Policy, ConfigError> {
    let mut publish = environment.list("PUBLISH_TOPICS");
    if publish.is_empty() {
        publish = vec!["{id}/*".to_owned()];
    }
    let policy = Policy::new(
        &environment.text("IOT_ARN_PREFIX").unwrap_or_default(),
        publish,
        environment.flag("RETAIN")?,
        environment.list("SUBSCRIBE_FILTERS"),
    );
    policy.map_err(|(variable, problem)| ConfigError::new(variable, problem))
}

fn read_minted(environment: &Environment<'_>, store: &StorePlace) -> Result<Minted, ConfigError> {
    let window = Window {
        past: environment.seconds("TOKEN_PAST_SECONDS", 300, 0, u32::MAX)?,
        future: environment.seconds("TOKEN_FUTURE_SECONDS", 60, 0, u32::MAX)?,
    };
    let places = [
        environment
            .text("FLEET_KEY_HEX")
            .map(|text| KeyPlace::Text(text.into())),
        environment
            .text("FLEET_KEY_FILE")
            .map(|path| KeyPlace::File(path.into())),
        environment.text("FLEET_KEY_SECRET").map(KeyPlace::Secret),
    ];
    let keys = only(
        places,
        "FLEET_KEY_SECRET",
        "FLEET_KEY_HEX, FLEET_KEY_FILE and FLEET_KEY_SECRET",
    )?;
    let missing = "SCHEMES has minted, so set this, FLEET_KEY_FILE or FLEET_KEY_HEX";
    let once = environment.flag("TOKEN_ONCE")?;
    let keys = keys.ok_or_else(|| ConfigError::new("FLEET_KEY_SECRET", missing))?;
    if once && matches!(store, StorePlace::Environment { .. }) {
        let problem = "the times that were used must be kept: set STORE_TABLE or STORE_FILE";
        return Err(ConfigError::new("TOKEN_ONCE", problem));
    }
    Ok(Minted { window, once, keys })
}

const MINTED: &str = "SCHEMES has minted";
const FOR_MINTED: [&str; 5] = [
    "FLEET_KEY_HEX",
    "FLEET_KEY_FILE",
    "FLEET_KEY_SECRET",
    "TOKEN_PAST_SECONDS",
    "TOKEN_FUTURE_SECONDS",
];

fn no_effect(name: &'static str, unless: &str) -> ConfigError {
    ConfigError::new(name, format!("has no effect unless {unless}"))
}

fn read_mqtt(environment: &Environment<'_>) -> Result<Option<Mqtt>, ConfigError> {
    if !environment.flag("MQTT")? {
        let for_mqtt = ["MQTT_ID", "MQTT_TOKEN", "SUBSCRIBE_FILTERS"];
        environment.unused(&for_mqtt, "MQTT is true")?;
        return Ok(None);
    }
    let id = environment.place("MQTT_ID", Place::UserName)?;
    let token = environment.place("MQTT_TOKEN", Place::Password)?;
    if token == Place::ClientId {
        let problem = "the client id is the device's id in the policy, which is no secret: use username, password or query";
        return Err(ConfigError::new("MQTT_TOKEN", problem));
    }
    if id == token && id != Place::Query {
        return Err(ConfigError::new(
            "MQTT_TOKEN",
            "is the same place as MQTT_ID",
        ));
    }
    Ok(Some(Mqtt { id, token }))
}

fn store(environment: &Environment<'_>) -> Result<StorePlace, ConfigError> {
    let (static_tokens, revoked_ids) = (
        environment.text("STATIC_TOKENS"),
        environment.text("REVOKED_IDS"),
    );
    let inline =
        (static_tokens.is_some() || revoked_ids.is_some()).then(|| StorePlace::Environment {
            static_tokens: static_tokens.unwrap_or_default(),
            revoked_ids: revoked_ids.unwrap_or_default(),
        });
    let places = [
        environment.text("STORE_TABLE").map(StorePlace::Table),
        environment
            .text("STORE_FILE")
            .map(|path| StorePlace::File(path.into())),
        inline,
    ];
    let store = only(
        places,
        "STORE_TABLE",
        "STORE_TABLE, STORE_FILE and STATIC_TOKENS with REVOKED_IDS",
    )?;
    Ok(store.unwrap_or(StorePlace::Environment {
        static_tokens: String::new(),
        revoked_ids: String::new(),
    }))
}

/// A second place would be one that is silently not looked at.
fn only<T>(
    places: [Option<T>; 3],
    variable: &'static str,
    names: &str,
) -> Result<Option<T>, ConfigError> {
    let mut set = places.into_iter().flatten();
    let first = set.next();
    match set.next() {
        None => Ok(first),
        Some(_) => Err(ConfigError::new(
            variable,
            format!("only one is looked at of {names}: unset the others"),
        )),
    }
}

struct Environment<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Environment<'_> {
    fn text(&self, name: &str) -> Option<String> {
        let text = (self.0)(name)?.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// Refuses variables that nothing reads: their effect would be missed.
    fn unused(&self, names: &[&'static str], unless: &str) -> Result<(), ConfigError> {
        match names.iter().find(|name| self.text(name).is_some()) {
            None => Ok(()),
            Some(name) => Err(no_effect(name, unless)),
        }
    }

    fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        let parts = text.split(',').map(str::trim);
        parts
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn flag(&self, name: &'static str) -> Result<bool, ConfigError> {
        match self.text(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(ConfigError::new(name, "is neither true nor false")),
        }
    }

    fn seconds(
        &self,
        name: &'static str,
        default: u32,
        least: u32,
        most: u32,
    ) -> Result<u32, ConfigError> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        let seconds = text
            .parse()
            .ok()
            .filter(|seconds| (least..=most).contains(seconds));
        seconds.ok_or_else(|| {
            ConfigError::new(
                name,
                format!("is not a whole number from {least} to {most}"),
            )
        })
    }

    fn place(&self, name: &'static str, default: Place) -> Result<Place, ConfigError> {
        match self.text(name).as_deref() {
            None => Ok(default),
            Some("username") => Ok(Place::UserName),
            Some("password") => Ok(Place::Password),
            Some("client-id") => Ok(Place::ClientId),
            Some("query") => Ok(Place::Query),
            Some(_) => Err(ConfigError::new(
                name,
                "is not one of username, password, client-id, query",
            )),
        }
    }

    /// A name that AWS takes for the token (`TokenKeyName` in the API reference), and so a header can have.
    fn field_name(&self, name: &'static str, default: &str) -> Result<String, ConfigError> {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        if names::is_token_key_name(&text) {
            Ok(text)
        } else {
            Err(ConfigError::new(
                name,
                "is not 1 to 128 letters, digits and _-",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: (&str, &str) = ("IOT_ARN_PREFIX", "arn:aws:iot:eu-central-1:123456789012");

    fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
        let find = |name: &str| {
            variables
                .iter()
                .rfind(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Config::from_environment(find).map_err(|error| error.to_string())
    }

    #[test]
    fn little_is_needed() {
        let config = read(&[
            ("SCHEMES", "signed"),
            PREFIX,
            ("RETAIN", ""),
            ("STORE_TABLE", " "),
            ("TOKEN_ONCE", "false"),
        ])
        .unwrap();
        assert!(config.signed && !config.static_pairs && config.minted.is_none());
        assert_eq!(
            (config.token_key_name.as_str(), config.id_name.as_str()),
            ("token", "id")
        );
        assert_eq!(
            (
                config.refresh_after_seconds,
                config.disconnect_after_seconds
            ),
            (300, 3600)
        );
    }

    #[test]
    fn each_error_names_the_variable_to_put_right() {
        let minted = ("SCHEMES", "minted");
        let signed = ("SCHEMES", "signed");
        let key = ("FLEET_KEY_FILE", "/fleet.key");
        let rows: [(&[(&str, &str)], &str); 34] = [
            (&[PREFIX], "SCHEMES: set it"),
            (&[("SCHEMES", ","), PREFIX], "SCHEMES: set it"),
            (
                &[("SCHEMES", "static,singed"), PREFIX],
                "SCHEMES: there is no singed",
            ),
            (&[signed], "IOT_ARN_PREFIX: is not arn:"),
            (
                &[("SCHEMES", "static"), PREFIX],
                "STATIC_TOKENS: SCHEMES has static",
            ),
            (&[minted, PREFIX], "FLEET_KEY_SECRET: SCHEMES has minted"),
            (
                &[minted, PREFIX, key, ("FLEET_KEY_HEX", "00")],
                "FLEET_KEY_SECRET: only one",
            ),
            (
                &[minted, PREFIX, key, ("TOKEN_PAST_SECONDS", "-1")],
                "TOKEN_PAST_SECONDS: is not",
            ),
            (
                &[minted, PREFIX, key, ("TOKEN_FUTURE_SECONDS", "1 h")],
                "TOKEN_FUTURE_SECONDS: is not",
            ),
            (
                &[signed, PREFIX, ("STORE_FILE", "/f"), ("REVOKED_IDS", "a")],
                "STORE_TABLE: only one",
            ),
            (&[signed, PREFIX, ("RETAIN", "yes")], "RETAIN: is neither"),
            (
                &[signed, PREFIX, ("REFRESH_AFTER_SECONDS", "299")],
                "REFRESH_AFTER_SECONDS: is not",
            ),
            (
                &[signed, PREFIX, ("DISCONNECT_AFTER_SECONDS", "86401")],
                "DISCONNECT_AFTER_SECONDS: is not",
            ),
            (&[signed, PREFIX, ("ID_NAME", "a b")], "ID_NAME: is not"),
            (
                &[signed, PREFIX, ("TOKEN_KEY_NAME", "tokén")],
                "TOKEN_KEY_NAME: is not",
            ),
            (&[signed, PREFIX, ("MQTT", "on")], "MQTT: is neither"),
            (
                &[signed, PREFIX, ("MQTT_ID", "username")],
                "MQTT_ID: has no effect",
            ),
            (
                &[signed, PREFIX, ("MQTT", "false"), ("MQTT_TOKEN", "query")],
                "MQTT_TOKEN: has no effect",
            ),
            (
                &[signed, PREFIX, ("MQTT", "true"), ("MQTT_ID", "user name")],
                "MQTT_ID: is not one of",
            ),
            (
                &[
                    signed,
                    PREFIX,
                    ("MQTT", "true"),
                    ("MQTT_TOKEN", "client-id"),
                ],
                "MQTT_TOKEN: the client id is",
            ),
            (
                &[signed, PREFIX, ("MQTT", "true"), ("MQTT_TOKEN", "username")],
                "MQTT_TOKEN: is the same place",
            ),
            (
                &[minted, PREFIX, key, ("TOKEN_ONCE", "true")],
                "TOKEN_ONCE: the times",
            ),
            (
                &[minted, PREFIX, key, ("TOKEN_ONCE", "yes")],
                "TOKEN_ONCE: is neither",
            ),
            (
                &[signed, PREFIX, ("TOKEN_ONCE", "true")],
                "TOKEN_ONCE: has no effect unless SCHEMES has minted",
            ),
            (
                &[signed, PREFIX, ("TOKEN_ONCE", "yes")],
                "TOKEN_ONCE: is neither",
            ),
            (
                &[signed, PREFIX, ("TOKEN_PAST_SECONDS", "abc")],
                "TOKEN_PAST_SECONDS: has no effect",
            ),
            (
                &[signed, PREFIX, ("TOKEN_FUTURE_SECONDS", "60")],
                "TOKEN_FUTURE_SECONDS: has no effect",
            ),
            (
                &[signed, PREFIX, ("FLEET_KEY_HEX", "00")],
                "FLEET_KEY_HEX: has no effect",
            ),
            (&[signed, PREFIX, key], "FLEET_KEY_FILE: has no effect"),
            (
                &[signed, PREFIX, ("STATIC_TOKENS", "a=0")],
                "STATIC_TOKENS: has no effect unless SCHEMES has static",
            ),
            (
                &[signed, PREFIX, ("SUBSCRIBE_FILTERS", "{id}/#")],
                "SUBSCRIBE_FILTERS: has no effect unless MQTT",
            ),
            (
                &[signed, PREFIX, ("TOKEN_KEY_NAME", "id")],
                "TOKEN_KEY_NAME: is the same name as ID_NAME",
            ),
            (
                &[signed, PREFIX, ("ID_NAME", "Token")],
                "TOKEN_KEY_NAME: is the same name as ID_NAME",
            ),
            (
                &[signed, PREFIX, ("PUBLISH_TOPICS", "status")],
                "PUBLISH_TOPICS: status",
            ),
        ];
        for (variables, expected) in rows {
            let error = read(variables).err().unwrap_or_default();
            assert!(
                error.starts_with(expected),
                "{error:?} does not begin with {expected:?}"
            );
        }
    }
}
