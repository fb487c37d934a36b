//! One rule as AWS holds it (API reference, "TopicRulePayload").

use std::fmt;
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::sql::{SqlVersion, Statement};
use crate::function::arn;

/// API reference, "TopicRulePayload".
const MAX_ACTIONS: usize = 10;

#[derive(Clone)]
pub(crate) struct RuleRecord {
    pub(crate) name: String,
    pub(crate) statement: Statement,
    pub(crate) version: SqlVersion,
    pub(crate) disabled: bool,
    pub(super) actions: Vec<Action>,
    pub(super) error_action: Option<Action>,
    pub(crate) created: SystemTime,
    description: Option<String>,
}

/// What gets the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Lambda {
        function_arn: String,
    },
    /// As an error action alone.
    Sqs {
        settings: Value,
    },
}

/// Why a rule is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RuleFault {
    Sql(String),
    Other(String),
}

impl fmt::Display for RuleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Sql(text) | Self::Other(text)) = self;
        f.write_str(text)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TopicRulePayload {
    sql: Option<String>,
    description: Option<String>,
    actions: Option<Vec<Value>>,
    #[serde(default)]
    rule_disabled: bool,
    aws_iot_sql_version: Option<String>,
    error_action: Option<Value>,
}

/// `[a-zA-Z0-9_]{1,128}`
pub(crate) fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (1..=128).contains(&text.len()) && text.chars().all(allowed)
}

impl RuleRecord {
    /// From a payload as AWS's clients send it.
    pub(crate) fn read(
        name: &str,
        payload: &Value,
        created: SystemTime,
    ) -> Result<Self, RuleFault> {
        let other = |text: &str| RuleFault::Other(text.to_owned());
        if !is_name(name) {
            return Err(other("ruleName is not 1 to 128 letters, digits and _"));
        }
        let payload = TopicRulePayload::deserialize(payload)
            .map_err(|error| RuleFault::Other(format!("topicRulePayload: {error}")))?;
        let version = match payload.aws_iot_sql_version.as_deref() {
            None => SqlVersion::V20151008,
            Some(text) => SqlVersion::parse(text)
                .ok_or_else(|| other("awsIotSqlVersion is not 2015-10-08, 2016-03-23 or beta"))?,
        };
        let sql = payload.sql.ok_or_else(|| other("sql is missing"))?;
        let statement = Statement::parse(&sql, version).map_err(RuleFault::Sql)?;
        let actions = payload.actions.ok_or_else(|| other("actions is missing"))?;
        if actions.len() > MAX_ACTIONS {
            let count = actions.len();
            return Err(RuleFault::Other(format!(
                "actions has {count} entries of at most {MAX_ACTIONS}"
            )));
        }
        let actions: Result<Vec<_>, _> = actions.iter().map(Action::read).collect();
        let actions = actions.map_err(RuleFault::Other)?;
        if actions.iter().any(|action| !action.is_lambda()) {
            return Err(other(
                "the action sqs is here as an errorAction alone, where it is logged: among actions this local emulator has lambda",
            ));
        }
        let error_action = payload.error_action.as_ref().map(Action::read).transpose();
        Ok(Self {
            name: name.to_owned(),
            statement,
            version,
            disabled: payload.rule_disabled,
            actions,
            error_action: error_action.map_err(RuleFault::Other)?,
            created,
            description: payload.description,
        })
    }

    pub(crate) fn created_at(self, created: SystemTime) -> Self {
        Self { created, ..self }
    }

    pub(crate) fn with_disabled(&self, disabled: bool) -> Self {
        Self {
            disabled,
            ..self.clone()
        }
    }

    /// Whether a message that the broker took is for it.
    pub(crate) fn matches(&self, topic: &str) -> bool {
        let filter = self.statement.filter.as_ref();
        filter.is_some_and(|filter| mqtt5::topic_matches_filter(topic, filter))
    }

    /// The payload, with everything that counts said.
    pub(crate) fn payload(&self) -> Value {
        let mut payload = json!({
            "sql": self.statement.text,
            "actions": self.actions.iter().map(Action::json).collect::<Vec<_>>(),
            "ruleDisabled": self.disabled,
            "awsIotSqlVersion": self.version.text(),
        });
        if let Some(description) = &self.description {
            payload["description"] = json!(description);
        }
        if let Some(action) = &self.error_action {
            payload["errorAction"] = action.json();
        }
        payload
    }
}

impl Action {
    /// An object with one field, which names the kind.
    fn read(action: &Value) -> Result<Self, String> {
        let fields = action.as_object().map(Map::iter);
        let mut fields = fields.ok_or("an action is not an object")?;
        let (Some((kind, settings)), None) = (fields.next(), fields.next()) else {
            return Err("an action has one field, which names its kind, such as lambda".to_owned());
        };
        let text = |name: &str| {
            let text = settings.get(name).and_then(Value::as_str);
            text.ok_or_else(|| format!("the action {kind} needs {name}"))
        };
        match kind.as_str() {
            "lambda" => {
                let function_arn = text("functionArn")?.to_owned();
                if function_arn.contains("${") {
                    return Err("a substitution template in functionArn is not supported: name one function".to_owned());
                }
                arn::check("functionArn", &function_arn)?;
                Ok(Self::Lambda { function_arn })
            }
            "sqs" => {
                text("roleArn")?;
                text("queueUrl")?;
                Ok(Self::Sqs {
                    settings: settings.clone(),
                })
            }
            _ => Err(format!(
                "the action {kind} is not supported: this local emulator has lambda, and as an errorAction sqs as well, which is logged"
            )),
        }
    }

    fn is_lambda(&self) -> bool {
        matches!(self, Self::Lambda { .. })
    }

    fn json(&self) -> Value {
        match self {
            Self::Lambda { function_arn } => json!({"lambda": {"functionArn": function_arn}}),
            Self::Sqs { settings } => json!({"sqs": settings}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTION: &str = "arn:aws:lambda:eu-central-1:123456789012:function:f";

    fn read(change: impl FnOnce(&mut Value)) -> Result<RuleRecord, RuleFault> {
        let mut payload =
            json!({"sql": "SELECT * FROM 'a'", "actions": [{"lambda": {"functionArn": FUNCTION}}]});
        change(&mut payload);
        RuleRecord::read("r", &payload, SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn what_is_read_is_written_with_its_defaults() {
        let rule = read(|_| {}).unwrap();
        let expected = json!({
            "sql": "SELECT * FROM 'a'", "actions": [{"lambda": {"functionArn": FUNCTION}}],
            "ruleDisabled": false, "awsIotSqlVersion": "2015-10-08",
        });
        assert_eq!(rule.payload(), expected);
        let complete = json!({
            "sql": "SELECT *", "description": "d", "ruleDisabled": true, "awsIotSqlVersion": "2016-03-23",
            "actions": [],
            "errorAction": {"sqs": {"roleArn": "arn:aws:iam::1:role/r", "queueUrl": "https://q", "useBase64": true}},
        });
        let rule = RuleRecord::read("r", &complete, SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(rule.payload(), complete);
    }

    #[test]
    fn what_aws_would_refuse_or_the_emulator_lacks_is_named() {
        let sqs = json!({"sqs": {"roleArn": "r", "queueUrl": "q"}});
        let lambda = |arn: &str| json!([{"lambda": {"functionArn": arn}}]);
        let rows = [
            ("sql", Value::Null, "sql is missing"),
            ("sql", json!(1), "topicRulePayload"),
            ("actions", Value::Null, "actions is missing"),
            ("actions", json!([sqs]), "as an errorAction alone"),
            (
                "actions",
                json!([{"republish": {}}]),
                "the action republish is not supported",
            ),
            ("actions", json!([{}]), "has one field"),
            (
                "actions",
                json!([{"lambda": {}, "sqs": {}}]),
                "has one field",
            ),
            ("actions", json!(["lambda"]), "not an object"),
            (
                "actions",
                json!([{"lambda": {}}]),
                "lambda needs functionArn",
            ),
            ("actions", lambda("f"), "functionArn is not arn:aws:lambda"),
            (
                "actions",
                lambda("arn:aws:lambda:r:1:function:${topic()}"),
                "substitution template",
            ),
            (
                "actions",
                json!(vec![lambda(FUNCTION)[0].clone(); 11]),
                "11 entries of at most 10",
            ),
            (
                "errorAction",
                json!({"s3": {}}),
                "the action s3 is not supported",
            ),
            (
                "errorAction",
                json!({"sqs": {"roleArn": "r"}}),
                "sqs needs queueUrl",
            ),
            (
                "awsIotSqlVersion",
                json!("2017-01-01"),
                "2016-03-23 or beta",
            ),
        ];
        for (field, value, expected) in rows {
            let fault = read(|payload| payload[field] = value).err().unwrap();
            assert!(fault.to_string().contains(expected), "{fault}");
            assert!(matches!(fault, RuleFault::Other(_)), "{fault}");
        }
        let fault = read(|payload| payload["sql"] = json!("SELECT a FROM 'b'"))
            .err()
            .unwrap();
        assert!(matches!(fault, RuleFault::Sql(_)), "{fault}");
        for name in ["", "a-b", "a b", &"x".repeat(129)] {
            assert!(RuleRecord::read(name, &json!({}), SystemTime::UNIX_EPOCH).is_err());
        }
    }
}
