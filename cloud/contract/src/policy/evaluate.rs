//! IoT policy evaluation: AWS IoT Core policies (Developer Guide, "AWS IoT Core policies") and, where that guide
//! is silent, IAM's rules (IAM User Guide, "Policy evaluation logic").

use std::net::IpAddr;

use serde_json::Value;

use super::document;
use super::pattern::{Pattern, Peer};

/// The statements of all documents that an authorizer returned, checked and ready to be asked.
#[derive(Debug)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Debug)]
struct Statement {
    /// Where to look for it, for people: "statement 2 of document 1".
    place: String,
    allow: bool,
    actions: Vec<Pattern>,
    resources: Vec<Pattern>,
    conditional: bool,
}

/// What a policy says to an action on a resource.
#[derive(Debug, PartialEq, Eq)]
pub enum PolicyDecision {
    /// A statement allows it.
    Allowed {
        /// Which one.
        by: String,
    },
    /// A statement denies it.
    ExplicitDeny {
        /// Which one.
        by: String,
    },
    /// No statement allows it.
    ImplicitDeny {
        /// The nearest miss.
        hint: String,
    },
}

/// How a text of a policy is shown in a reason: the function that made the policy may have put a secret into it.
pub type Quote<'a> = &'a dyn Fn(&str) -> String;

/// The words of a policy's grammar, which are no secrets in any case (IAM User Guide, "Grammar of the IAM JSON policy
/// language").
const WORDS: [&str; 14] = [
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Principal",
    "NotPrincipal",
    "Effect",
    "Allow",
    "Deny",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

fn quoted(text: &str, quote: Quote<'_>) -> String {
    if WORDS.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        return text.to_owned();
    }
    quote(text)
}

impl Policy {
    /// Refuses a document that AWS would not take, naming the place and the rule.
    pub fn parse(documents: &[Value], address: IpAddr) -> Result<Self, String> {
        Self::parse_for(documents, address, None, &str::to_owned)
    }

    /// The same for an MQTT client, whose id `${iot:ClientId}` is. `quote` makes what is shown of a document.
    pub fn parse_for(
        documents: &[Value],
        address: IpAddr,
        client_id: Option<&str>,
        quote: Quote<'_>,
    ) -> Result<Self, String> {
        let peer = Peer { address, client_id };
        let mut statements = Vec::new();
        for (index, document) in documents.iter().enumerate() {
            let place = format!("document {}", index + 1);
            let fields = document
                .as_object()
                .ok_or_else(|| format!("policy {place} is not a JSON object"))?;
            if fields.get("Version").and_then(Value::as_str) != Some(document::VERSION) {
                return Err(format!(
                    "Version of policy {place} is not {:?}",
                    document::VERSION
                ));
            }
            let listed = match fields.get("Statement") {
                Some(Value::Array(listed)) => listed.as_slice(),
                Some(single @ Value::Object(_)) => std::slice::from_ref(single),
                _ => return Err(format!("policy {place} has no list of Statement")),
            };
            for (index, statement) in listed.iter().enumerate() {
                let place = format!("statement {} of {place}", index + 1);
                statements.push(Statement::parse(statement, place, peer, quote)?);
            }
        }
        Ok(Self { statements })
    }

    /// Default deny; an explicit deny beats any number of allows, across all documents.
    pub fn decide(&self, action: &str, resource: &str) -> PolicyDecision {
        self.decide_quoting(action, resource, &str::to_owned)
    }

    /// The same; `quote` makes what is shown of a Resource.
    pub fn decide_quoting(&self, action: &str, resource: &str, quote: Quote<'_>) -> PolicyDecision {
        let applies = |statement: &&Statement| statement.applies(action, resource);
        if let Some(deny) = self.statements.iter().filter(|s| !s.allow).find(applies) {
            return PolicyDecision::ExplicitDeny {
                by: deny.place.clone(),
            };
        }
        match self.statements.iter().filter(|s| s.allow).find(applies) {
            Some(allow) => PolicyDecision::Allowed {
                by: allow.place.clone(),
            },
            None => PolicyDecision::ImplicitDeny {
                hint: self.hint(action, resource, quote),
            },
        }
    }

    /// For `iot:Connect`, whose resource is a client id that HTTPS does not have: whether it is allowed on a resource that
    /// begins so, such as `arn:aws:iot:eu-central-1:123456789012:client/`, and denied on none.
    pub fn allows_somewhere(&self, action: &str, beginning: &str) -> bool {
        let covers = |s: &Statement| {
            let mut resources = s.resources.iter();
            s.covers_action(action) && resources.any(|pattern| pattern.may_begin(beginning))
        };
        let denied = self.statements.iter().any(|s| !s.allow && covers(s));
        let mut allows = self.statements.iter().filter(|s| s.allow);
        !denied && allows.any(|s| !s.conditional && covers(s))
    }

    /// The nearest miss, which is nearly always what the author of the policy needs to hear.
    fn hint(&self, action: &str, resource: &str, quote: Quote<'_>) -> String {
        if self.statements.is_empty() {
            return "the policy has no statement at all".to_owned();
        }
        let allows = || self.statements.iter().filter(|s| s.allow);
        if let Some(s) = allows().find(|s| s.conditional && s.matches(action, resource)) {
            return format!(
                "{} would allow it, but its Condition is not evaluated here and counts as not met",
                s.place
            );
        }
        if let Some(s) = allows().find(|s| s.covers_resource(resource)) {
            let what = if resource.contains(":client/") {
                "client id"
            } else {
                "topic"
            };
            let why = one_string(std::iter::once(s));
            return format!(
                "{} covers the {what} but not the action {action}{why}",
                s.place
            );
        }
        let Some((statement, nearest)) = allows()
            .filter(|s| s.covers_action(action))
            .flat_map(|s| s.resources.iter().map(move |r| (s, r)))
            .max_by_key(|(_, r)| common_prefix(r.source(), resource))
        else {
            let why = one_string(allows());
            return format!("no statement with Effect \"Allow\" names the action {action}{why}");
        };
        let (place, source) = (&statement.place, nearest.source());
        let subscribes = resource.contains(":topicfilter/");
        let why = if let Some(variable) = nearest.unresolved() {
            let when = if variable.contains("Thing") {
                "without a registered thing"
            } else {
                "on HTTPS"
            };
            let variable = quote(variable);
            format!(", where ${{{variable}}} has no value {when} and so matches nothing")
        } else if source.contains(['+', '#']) && !subscribes {
            ", where + and # are literal: a policy's wildcards are * and ?".to_owned()
        } else if source.contains(":topicfilter/") && !subscribes {
            ", which is for subscribing: publishing and receiving are checked against topic/"
                .to_owned()
        } else if source.contains(":topic/") && subscribes {
            ", which is for publishing and receiving: subscribing is checked against topicfilter/"
                .to_owned()
        } else if !source.starts_with("arn:") {
            ", which is not an ARN".to_owned()
        } else if let Some(part) = other_part(source, resource) {
            format!(", which is of another {part}")
        } else {
            String::new()
        };
        let source = quote(source);
        format!("the nearest is {place} with Resource \"{source}\"{why}")
    }
}

impl Statement {
    fn parse(
        statement: &Value,
        place: String,
        peer: Peer<'_>,
        quote: Quote<'_>,
    ) -> Result<Self, String> {
        let fields = statement
            .as_object()
            .ok_or_else(|| format!("{place} is not a JSON object"))?;
        if let Some(unknown) = fields.keys().find(|key| {
            !["Sid", "Effect", "Action", "Resource", "Condition"].contains(&key.as_str())
        }) {
            return Err(format!(
                "{place} has the key {:?}, which IoT policies do not know",
                quoted(unknown, quote)
            ));
        }
        let allow = match fields.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            Some(other) => {
                return Err(format!(
                    "Effect of {place} is {:?}: it must be exactly \"Allow\" or \"Deny\", case included",
                    quoted(other, quote)
                ));
            }
            None => return Err(format!("{place} has no Effect")),
        };
        let actions = strings(fields.get("Action")).ok_or_else(|| {
            format!("{place} has no Action that is a string or a list of strings")
        })?;
        let resources = strings(fields.get("Resource")).ok_or_else(|| {
            format!("{place} has no Resource that is a string or a list of strings")
        })?;
        if resources
            .iter()
            .chain(&actions)
            .any(|text| text.trim_start().starts_with('['))
        {
            return Err(format!(
                "{place} has a list of Action or Resource inside a string: the list must be JSON itself"
            ));
        }
        // IAM compares action names without regard to case; nothing says that IoT differs (UNCONFIRMED).
        let actions = actions
            .iter()
            .map(|action| Pattern::new(&action.to_ascii_lowercase(), peer));
        Ok(Self {
            place,
            allow,
            actions: actions.collect(),
            resources: resources.iter().map(|r| Pattern::new(r, peer)).collect(),
            conditional: fields.contains_key("Condition"),
        })
    }

    /// A Condition is not evaluated, so each reading of it is the one that grants less.
    fn applies(&self, action: &str, resource: &str) -> bool {
        !(self.allow && self.conditional) && self.matches(action, resource)
    }

    fn matches(&self, action: &str, resource: &str) -> bool {
        self.covers_action(action) && self.covers_resource(resource)
    }

    fn covers_action(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.actions.iter().any(|pattern| pattern.matches(&action))
    }

    fn covers_resource(&self, resource: &str) -> bool {
        self.resources
            .iter()
            .any(|pattern| pattern.matches(resource))
    }
}

fn strings(value: Option<&Value>) -> Option<Vec<&str>> {
    match value? {
        Value::String(single) => Some(vec![single]),
        Value::Array(list) if !list.is_empty() => list.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Of statements that were to name several actions.
fn one_string<'a>(mut statements: impl Iterator<Item = &'a Statement>) -> &'static str {
    let is_list = |action: &Pattern| action.source().contains([',', ' ']);
    if statements.any(|s| s.actions.iter().any(is_list)) {
        ": an Action holds a comma or a space, and a list must be JSON, [\"iot:Connect\", \"iot:Publish\"]"
    } else {
        ""
    }
}

/// In which part two ARNs differ, before what they name; a pattern in a part may match anything.
fn other_part(source: &str, resource: &str) -> Option<&'static str> {
    let parts = ["partition", "service", "region", "account"];
    let both = source.split(':').zip(resource.split(':')).skip(1);
    let mut both = parts.into_iter().zip(both);
    let (part, _) = both.find(|(_, (a, b))| a != b && !a.contains(['*', '?', '$']))?;
    Some(part)
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TOPIC: &str = "arn:aws:iot:eu-central-1:123456789012:topic/uniqueID/status";
    const LOCAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn policy(statements: Value) -> Result<Policy, String> {
        Policy::parse(
            &[json!({"Version": "2012-10-17", "Statement": statements})],
            LOCAL,
        )
    }

    fn statement(effect: &str, action: &str, resource: &str) -> Value {
        json!({"Effect": effect, "Action": action, "Resource": resource})
    }

    #[test]
    fn an_allow_statement_matches_by_action_and_resource() {
        let arn = |topic: &str| format!("arn:aws:iot:eu-central-1:123456789012:topic/{topic}");
        let rows = [
            ("iot:Publish", TOPIC.to_owned(), true),
            ("iot:*", TOPIC.to_owned(), true),
            ("*", TOPIC.to_owned(), true),
            ("iot:Pub*", TOPIC.to_owned(), true),
            ("iot:Publis?", TOPIC.to_owned(), true),
            ("IOT:publish", TOPIC.to_owned(), true),
            ("iot:Publish?", TOPIC.to_owned(), false),
            ("iot:Connect", TOPIC.to_owned(), false),
            ("iot:RetainPublish", TOPIC.to_owned(), false),
            ("iotdata:Publish", TOPIC.to_owned(), false),
            ("iot:Publish", "*".to_owned(), true),
            ("iot:Publish", "arn:aws:iot:*".to_owned(), true),
            (
                "iot:Publish",
                "arn:aws:iot:eu-central-1:123456789012:*".to_owned(),
                true,
            ),
            ("iot:Publish", arn("*"), true),
            ("iot:Publish", arn("uniqueID/*"), true),
            ("iot:Publish", arn("*/status"), true),
            ("iot:Publish", arn("unique*us"), true),
            ("iot:Publish", arn("*ID*stat*"), true),
            ("iot:Publish", arn("unique??/status"), true),
            ("iot:Publish", arn("uniqueID?status"), true),
            ("iot:Publish", arn("uniqueID/stat?"), false),
            ("iot:Publish", arn("uniqueID"), false),
            ("iot:Publish", arn("uniqueID/"), false),
            ("iot:Publish", arn("uniqueid/status"), false),
            ("iot:Publish", arn("uniqueID/+"), false),
            ("iot:Publish", arn("#"), false),
            ("iot:Publish", arn("other/*"), false),
            (
                "iot:Publish",
                TOPIC.replace("topic/", "topicfilter/"),
                false,
            ),
            (
                "iot:Publish",
                TOPIC.replace("eu-central-1", "us-east-1"),
                false,
            ),
            (
                "iot:Publish",
                TOPIC.replace("123456789012", "210987654321"),
                false,
            ),
            ("iot:Publish", "uniqueID/status".to_owned(), false),
            ("iot:Publish", arn("${iot:ClientId}/*"), false),
            (
                "iot:Publish",
                arn("${iot:Connection.Thing.ThingName}/status"),
                false,
            ),
            ("iot:Publish", arn("unique${*}"), false),
            ("iot:Publish", arn(""), false),
            ("iot:Publish", String::new(), false),
        ];
        for (action, resource, expected) in rows {
            let policy = policy(json!([statement("Allow", action, &resource)])).unwrap();
            let allowed = matches!(
                policy.decide("iot:Publish", TOPIC),
                PolicyDecision::Allowed { .. }
            );
            assert_eq!(allowed, expected, "{action} on {resource}");
        }
    }

    #[test]
    fn an_explicit_deny_beats_any_allow_in_any_order_and_document() {
        let allow = statement("Allow", "*", "*");
        let deny = statement("Deny", "iot:Publish", "*/status");
        for statements in [json!([allow, deny]), json!([deny, allow])] {
            let decision = policy(statements).unwrap().decide("iot:Publish", TOPIC);
            assert!(matches!(decision, PolicyDecision::ExplicitDeny { .. }));
        }
        let document = |s: &Value| json!({"Version": "2012-10-17", "Statement": [s]});
        let policy = Policy::parse(&[document(&allow), document(&deny)], LOCAL).unwrap();
        assert_eq!(
            policy.decide("iot:Publish", TOPIC),
            PolicyDecision::ExplicitDeny {
                by: "statement 1 of document 2".to_owned()
            }
        );
    }

    #[test]
    fn a_deny_that_does_not_match_denies_nothing() {
        for deny in [
            statement("Deny", "iot:Connect", "*"),
            statement("Deny", "iot:Publish", "*/other"),
            statement("Deny", "iot:Publish", "*/${iot:ClientId}"),
        ] {
            let policy = policy(json!([statement("Allow", "*", "*"), deny])).unwrap();
            assert!(matches!(
                policy.decide("iot:Publish", TOPIC),
                PolicyDecision::Allowed { .. }
            ));
        }
    }

    #[test]
    fn action_and_resource_may_be_lists() {
        let policy = policy(
            json!([{"Effect": "Allow", "Action": ["iot:Connect", "iot:Publish"], "Resource": ["x", TOPIC]}]),
        );
        assert!(matches!(
            policy.unwrap().decide("iot:Publish", TOPIC),
            PolicyDecision::Allowed { .. }
        ));
    }

    #[test]
    fn a_single_statement_need_not_be_in_a_list() {
        let policy = policy(statement("Allow", "iot:Publish", "*")).unwrap();
        assert!(matches!(
            policy.decide("iot:Publish", TOPIC),
            PolicyDecision::Allowed { .. }
        ));
    }

    #[test]
    fn the_source_address_is_the_one_variable_that_https_has() {
        let policy = policy(json!([statement(
            "Allow",
            "iot:Publish",
            "topic/${aws:SourceIp}"
        )]))
        .unwrap();
        assert!(matches!(
            policy.decide("iot:Publish", "topic/127.0.0.1"),
            PolicyDecision::Allowed { .. }
        ));
    }

    #[test]
    fn an_unevaluated_condition_never_widens_what_is_granted() {
        let with = |effect: &str| json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": {"Bool": {}}});
        let allow = policy(json!([with("Allow")]))
            .unwrap()
            .decide("iot:Publish", TOPIC);
        assert!(
            matches!(allow, PolicyDecision::ImplicitDeny { hint } if hint.contains("Condition"))
        );
        let deny = policy(json!([statement("Allow", "*", "*"), with("Deny")])).unwrap();
        assert!(matches!(
            deny.decide("iot:Publish", TOPIC),
            PolicyDecision::ExplicitDeny { .. }
        ));
    }

    #[test]
    fn malformed_policies_are_refused_with_their_place_and_rule() {
        let rows = [
            (
                json!([statement("allow", "*", "*")]),
                "exactly \"Allow\" or \"Deny\"",
            ),
            (
                json!([statement("DENY", "*", "*")]),
                "exactly \"Allow\" or \"Deny\"",
            ),
            (json!([{"Action": "*", "Resource": "*"}]), "has no Effect"),
            (
                json!([{"Effect": "Allow", "Resource": "*"}]),
                "has no Action",
            ),
            (
                json!([{"Effect": "Allow", "Action": "*"}]),
                "has no Resource",
            ),
            (
                json!([{"Effect": "Allow", "Action": [], "Resource": "*"}]),
                "has no Action",
            ),
            (
                json!([{"Effect": "Allow", "Action": [1], "Resource": "*"}]),
                "has no Action",
            ),
            (
                json!([{"Effect": "Allow", "NotAction": "x", "Resource": "*"}]),
                "NotAction",
            ),
            (
                json!(["x"]),
                "statement 1 of document 1 is not a JSON object",
            ),
            (json!("x"), "no list of Statement"),
            (Value::Null, "no list of Statement"),
        ];
        for (statements, expected) in rows {
            let error = policy(statements).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        for document in [
            json!({"Statement": []}),
            json!({"Version": "2020-01-01", "Statement": []}),
        ] {
            assert!(
                Policy::parse(&[document], LOCAL)
                    .unwrap_err()
                    .contains("Version")
            );
        }
        assert!(
            Policy::parse(&[json!(1)], LOCAL)
                .unwrap_err()
                .contains("not a JSON object")
        );
    }

    #[test]
    fn an_implicit_deny_names_the_nearest_miss() {
        let rows = [
            (json!([]), "no statement at all"),
            (
                json!([statement("Allow", "iot:Connect", "client/x")]),
                "names the action iot:Publish",
            ),
            (
                json!([statement("Allow", "iot:Connect", "*")]),
                "covers the topic but not the action",
            ),
            (
                json!([statement("Allow", "iot:Publish", "arn:x:topic/+")]),
                "+ and # are literal",
            ),
            (
                json!([statement("Allow", "iot:Publish", "arn:x:topicfilter/a")]),
                "for subscribing",
            ),
            (
                json!([statement("Allow", "iot:Publish", "uniqueID/status")]),
                "not an ARN",
            ),
            (
                json!([statement("Allow", "iot:Connect,iot:Publish", "*")]),
                "holds a comma",
            ),
            (
                json!([statement(
                    "Allow",
                    "iot:Publish",
                    &TOPIC.replace("eu-central-1", "us-east-1")
                )]),
                "of another region",
            ),
            (
                json!([statement(
                    "Allow",
                    "iot:Publish",
                    &TOPIC.replace("123456789012", "210987654321")
                )]),
                "of another account",
            ),
            (
                json!([statement(
                    "Allow",
                    "iot:Publish",
                    &TOPIC.replace("aws:", "aws-cn:")
                )]),
                "of another partition",
            ),
            (
                json!([statement(
                    "Allow",
                    "iot:Publish",
                    &TOPIC.replace(":iot:", ":iotdata:")
                )]),
                "of another service",
            ),
            (
                json!([statement(
                    "Allow",
                    "iot:Publish",
                    "arn:x:topic/${iot:ClientId}"
                )]),
                "${iot:ClientId} has no value",
            ),
            (
                json!([statement(
                    "Allow",
                    "iot:Publish",
                    &TOPIC.replace("status", "other")
                )]),
                "topic/uniqueID/other",
            ),
        ];
        for (statements, expected) in rows {
            match policy(statements).unwrap().decide("iot:Publish", TOPIC) {
                PolicyDecision::ImplicitDeny { hint } => assert!(hint.contains(expected), "{hint}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_a_function_wrote_is_quoted_as_the_caller_wants_and_the_grammar_as_it_is() {
        let cut = |_: &str| "(cut)".to_owned();
        let parse = |statement: Value| {
            let document = json!({"Version": "2012-10-17", "Statement": [statement]});
            Policy::parse_for(&[document], LOCAL, None, &cut)
        };
        let key = |key: &str| json!({"Effect": "Allow", "Action": "*", "Resource": "*", key: "x"});
        let rows = [
            (statement("allow", "*", "*"), "is \"allow\": it must be"),
            (statement("DENY", "*", "*"), "is \"DENY\": it must be"),
            (statement("secret", "*", "*"), "is \"(cut)\": it must be"),
            (key("resource"), "the key \"resource\""),
            (key("secret"), "the key \"(cut)\""),
        ];
        for (statement, expected) in rows {
            let error = parse(statement).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        for resource in ["secret", "arn:x:topic/${secret}"] {
            let policy = parse(statement("Allow", "iot:Publish", resource)).unwrap();
            match policy.decide_quoting("iot:Publish", TOPIC, &cut) {
                PolicyDecision::ImplicitDeny { hint } => {
                    assert!(hint.contains("(cut)") && !hint.contains("secret"), "{hint}");
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn connect_is_looked_for_on_any_client_id_and_on_nothing_else() {
        let account = "arn:aws:iot:eu-central-1:123456789012:";
        let on = |effect: &str, resource: &str| statement(effect, "iot:Connect", resource);
        let all = |effect: &str| statement(effect, "iot:*", &format!("{account}topic/*"));
        let client = |id: &str| format!("{account}client/{id}");
        let rows = [
            (json!([]), false),
            (json!([on("Allow", "*")]), true),
            (json!([on("Allow", &format!("{account}*"))]), true),
            (json!([on("Allow", "arn:aws:iot:*:client/x")]), true),
            (json!([on("Allow", &client("x"))]), true),
            (json!([on("Allow", &client("${iot:ClientId}"))]), true),
            (json!([on("Allow", &format!("{account}clien?/x"))]), true),
            (json!([on("Allow", &format!("{account}client"))]), false),
            (json!([on("Allow", "client/x")]), false),
            (
                json!([on(
                    "Allow",
                    &client("x").replace("eu-central-1", "us-east-1")
                )]),
                false,
            ),
            (json!([all("Allow")]), false),
            (json!([on("Allow", "*"), all("Deny")]), true),
            (json!([on("Allow", "*"), on("Deny", &client("x"))]), false),
            (json!([on("Allow", "*"), on("Deny", "*")]), false),
            (json!([all("Allow"), on("Allow", &client("*"))]), true),
            (json!([statement("Allow", "iot:Publish", "*")]), false),
        ];
        for (statements, expected) in rows {
            let policy = policy(statements.clone()).unwrap();
            let found = policy.allows_somewhere("iot:Connect", &client(""));
            assert_eq!(found, expected, "{statements}");
        }
    }
}
