//! Configuration from environment variables, read once when the function starts.

use std::time::Duration;

use motepost_lambda::{AwsVariables, ConfigError};

/// The function's configuration. An empty variable counts as one that is not set.
///
/// | variable | default | what |
/// |---|---|---|
/// | `REPEATS` | `drop` | a reading that was published before: `drop` it, `mark` it, or `pass` on every reading without looking |
/// | `STORE_TABLE` | | for `drop` and `mark` the DynamoDB table in which each reading is claimed |
/// | `KEEP_DAYS` | 30 | how long a claim is kept: an older repeat passes as new |
/// | `CLAIM_SECONDS` | 60 | after so long a claim that was not ended is taken over: not less than the function's timeout |
/// | `PARALLEL` | 8 | so many readings are under way at once; with 1 they arrive in their order |
///
/// Lambda itself sets `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
/// `AWS_ENDPOINT_URL_IOT_DATA_PLANE` and `AWS_ENDPOINT_URL_DYNAMODB` lead to local emulators.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) claims: Option<ClaimsConfig>,
    pub(crate) parallel: usize,
    pub(crate) aws: AwsVariables,
    /// AWS SDKs Reference Guide, "Service-specific endpoints".
    pub(crate) iot_endpoint: Option<String>,
    pub(crate) dynamodb_endpoint: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct ClaimsConfig {
    pub(crate) table: String,
    pub(crate) is_marking: bool,
    pub(crate) keep: Duration,
    pub(crate) stale: Duration,
}

const DAY: u64 = 24 * 60 * 60;

impl Config {
    /// From variables; `std::env::var(name).ok()` is what looks them up in the function's own environment.
    ///
    /// # Errors
    /// The first variable that must be put right.
    pub fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let set = |name: &str| variable(name).filter(|text| !text.is_empty());
        let table = set("STORE_TABLE");
        let repeats = set("REPEATS");
        let is_marking = match repeats.as_deref() {
            None | Some("drop") => Some(false),
            Some("mark") => Some(true),
            Some("pass") => None,
            Some(_) => return Err(ConfigError::new("REPEATS", "use drop, mark or pass")),
        };
        let seconds = |name, default, unit, range| {
            let number = number(&set, name, default, range)?;
            Ok(Duration::from_secs(number * unit))
        };
        let keep = seconds("KEEP_DAYS", 30, DAY, 1..=3650)?;
        let stale = seconds("CLAIM_SECONDS", 60, 1, 0..=86_400)?;
        let claims = match (is_marking, table) {
            (Some(is_marking), Some(table)) => Some(ClaimsConfig {
                table,
                is_marking,
                keep,
                stale,
            }),
            (None, None) => None,
            (Some(_), None) => {
                let problem = "set it to the table of devices, or REPEATS to pass";
                return Err(ConfigError::new("STORE_TABLE", problem));
            }
            (None, Some(_)) => {
                let problem = "pass looks at no table: leave STORE_TABLE out, or use drop or mark";
                return Err(ConfigError::new("REPEATS", problem));
            }
        };
        let parallel = number(&set, "PARALLEL", 8, 1..=64)?;
        Ok(Self {
            claims,
            parallel: usize::try_from(parallel).unwrap_or(1),
            aws: AwsVariables::read(set)?,
            iot_endpoint: set("AWS_ENDPOINT_URL_IOT_DATA_PLANE"),
            dynamodb_endpoint: set("AWS_ENDPOINT_URL_DYNAMODB"),
        })
    }
}

fn number(
    set: &impl Fn(&str) -> Option<String>,
    name: &'static str,
    default: u64,
    range: std::ops::RangeInclusive<u64>,
) -> Result<u64, ConfigError> {
    let Some(text) = set(name) else {
        return Ok(default);
    };
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let problem = format!("use a number from {} to {}", range.start(), range.end());
        ConfigError::new(name, problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(variables: &[(&str, &str)]) -> Result<Config, String> {
        let lambda = [
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "correct horse"),
        ];
        let find = |name: &str| {
            let mut all = variables.iter().chain(&lambda);
            all.find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Config::from_environment(find).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_wrong_is_named() {
        let table = ("STORE_TABLE", "devices");
        let rows = [
            (vec![], "STORE_TABLE: set it"),
            (vec![("REPEATS", "mark")], "STORE_TABLE: set it"),
            (vec![("REPEATS", "keep"), table], "REPEATS: use drop"),
            (
                vec![("REPEATS", "pass"), table],
                "REPEATS: pass looks at no table",
            ),
            (
                vec![("KEEP_DAYS", "0"), table],
                "KEEP_DAYS: use a number from 1",
            ),
            (
                vec![("KEEP_DAYS", "a month"), table],
                "KEEP_DAYS: use a number",
            ),
            (
                vec![("CLAIM_SECONDS", "-1"), table],
                "CLAIM_SECONDS: use a number",
            ),
            (
                vec![("PARALLEL", "0"), table],
                "PARALLEL: use a number from 1 to 64",
            ),
            (vec![("AWS_REGION", ""), table], "AWS_REGION: is not set"),
        ];
        for (variables, expected) in rows {
            let error = config(&variables).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn the_defaults_drop_repeats() {
        let config = config(&[("STORE_TABLE", "devices")]).unwrap();
        let claims = config.claims.as_ref().unwrap();
        assert!(!claims.is_marking);
        assert_eq!(
            (claims.keep.as_secs(), claims.stale.as_secs()),
            (30 * DAY, 60)
        );
        assert_eq!(config.parallel, 8);
        assert!(!format!("{config:?}").contains("horse"));
    }
}
