//! The policy of one device: it may connect, publish to its own topics and, where configured, subscribe to its own.

use motepost_contract::device_id::DeviceId;
use motepost_contract::partition;
use motepost_contract::policy::document::{MAX_CHARACTERS, MAX_DOCUMENTS, allow, document};
use serde_json::{Value, json};

/// Statements in a document: with AWS's longest topics four fit.
const STATEMENTS: usize = 4;
/// Where an id goes in a template.
const ID: &str = "{id}";

/// The policy with the device's id left open.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    arn_prefix: String,
    publish: Vec<String>,
    retain: bool,
    subscribe: Vec<String>,
}

impl Policy {
    /// `Err` names the field whose value is of no use, and says why.
    pub(crate) fn new(
        arn_prefix: &str,
        publish: Vec<String>,
        retain: bool,
        subscribe: Vec<String>,
    ) -> Result<Self, (&'static str, String)> {
        if !partition::is_iot_arn_prefix(arn_prefix) {
            let problem = "is not arn:<partition>:iot:<region>:<12 digits of account>";
            return Err(("IOT_ARN_PREFIX", problem.to_owned()));
        }
        if publish.is_empty() {
            return Err(("PUBLISH_TOPICS", "there is no topic in it".to_owned()));
        }
        for template in &publish {
            check_topic(template)
                .map_err(|problem| ("PUBLISH_TOPICS", format!("{template}: {problem}")))?;
        }
        for (index, one) in publish.iter().enumerate() {
            for other in &publish[index + 1..] {
                check_pair(one, other).map_err(|problem| ("PUBLISH_TOPICS", problem))?;
            }
        }
        for template in &subscribe {
            check_filter(template)
                .map_err(|problem| ("SUBSCRIBE_FILTERS", format!("{template}: {problem}")))?;
            for topic in &publish {
                check_reading(topic, template).map_err(|problem| ("SUBSCRIBE_FILTERS", problem))?;
            }
        }
        let policy = Self {
            arn_prefix: arn_prefix.to_owned(),
            publish,
            retain,
            subscribe,
        };
        let longest = DeviceId::parse(&"x".repeat(DeviceId::MAX_LEN));
        let documents = longest.map(|id| policy.documents(&id)).unwrap_or_default();
        let fits = |document: &Value| document.to_string().len() <= MAX_CHARACTERS;
        if documents.len() > MAX_DOCUMENTS || !documents.iter().all(fits) {
            let name = if policy.subscribe.is_empty() {
                "PUBLISH_TOPICS"
            } else {
                "SUBSCRIBE_FILTERS"
            };
            let problem = format!(
                "too many or too long: AWS takes {MAX_DOCUMENTS} policy documents of {MAX_CHARACTERS} characters, also for an id of {} characters",
                DeviceId::MAX_LEN
            );
            return Err((name, problem));
        }
        Ok(policy)
    }

    pub(crate) fn documents(&self, id: &DeviceId) -> Vec<Value> {
        let id = id.as_str();
        let arn = |kind: &str, name: &str| format!("{}:{kind}/{name}", self.arn_prefix);
        let publish = if self.retain {
            json!(["iot:Publish", "iot:RetainPublish"])
        } else {
            json!("iot:Publish")
        };
        // AWS's pages disagree on whether a publish over HTTPS needs iot:Connect.
        let mut statements = vec![allow(json!("iot:Connect"), arn("client", id))];
        for template in &self.publish {
            statements.push(allow(
                publish.clone(),
                arn("topic", &template.replace(ID, id)),
            ));
        }
        for template in &self.subscribe {
            let filter = template.replace(ID, id);
            // In a filter MQTT's wildcards stand for themselves, in a topic there are the policy's own.
            let topic = filter.replace(['+', '#'], "*");
            statements.push(allow(json!("iot:Subscribe"), arn("topicfilter", &filter)));
            statements.push(allow(json!("iot:Receive"), arn("topic", &topic)));
        }
        statements.chunks(STATEMENTS).map(document).collect()
    }
}

fn check_topic(template: &str) -> Result<(), String> {
    if !template.contains(ID) {
        return Err(format!(
            "without {ID} every device could publish as any other"
        ));
    }
    if template.contains(['+', '#']) {
        return Err(
            "+ and # mean nothing in a policy: end it with /* for all topics below".to_owned(),
        );
    }
    let stem = template.strip_suffix("/*").unwrap_or(template);
    if stem.contains('*') {
        return Err(
            "* may only be the last level, so that one device's topics do not include another's"
                .to_owned(),
        );
    }
    check_levels(template)?;
    check_reserved(template, &["rules", "things"])?;
    check_text(stem)
}

fn check_filter(template: &str) -> Result<(), String> {
    if template.contains('*') {
        return Err("a subscription has the wildcards + and #, not *".to_owned());
    }
    let levels: Vec<_> = template.split('/').collect();
    for (index, level) in levels.iter().enumerate() {
        let whole = !level.contains(['+', '#'])
            || *level == "+"
            || (*level == "#" && index + 1 == levels.len());
        if !whole {
            return Err("+ is a whole level, # the whole last one".to_owned());
        }
    }
    check_levels(template)?;
    if levels
        .first()
        .is_some_and(|level| ["+", "#"].contains(level))
    {
        return Err(
            "its first level is a wildcard: every device could read every other's messages"
                .to_owned(),
        );
    }
    check_reserved(template, &["things"])?;
    check_text(template)
}

/// With `{id}-x` device `a` would have a topic that `{id}` gives to device `a-x`.
fn check_levels(template: &str) -> Result<(), String> {
    if template
        .split('/')
        .any(|level| level.contains(ID) && level != ID)
    {
        return Err(format!(
            "{ID} is a whole level, with nothing before or after it"
        ));
    }
    Ok(())
}

/// With `{id}/*` a device that is named `fleet` would have the topic that `fleet/{id}` gives to another.
fn check_pair(one: &str, other: &str) -> Result<(), String> {
    let (mut of_one, mut of_other) = (one.split('/'), other.split('/'));
    // Of the devices that would share a topic: their ids, as far as the other's template has them.
    let (mut ids, mut first) = ([None; 2], None);
    loop {
        let (side, level) = match (of_one.next(), of_other.next()) {
            // Below a wildcard there is any topic.
            (Some("*"), Some(_)) | (Some(_), Some("*")) | (None, None) => break,
            // It is one device.
            (Some(ID), Some(ID)) => return Ok(()),
            (Some(ID), Some(level)) => (0, level),
            (Some(level), Some(ID)) => (1, level),
            (Some(level), Some(same)) if level == same => continue,
            // No topic is both.
            _ => return Ok(()),
        };
        if DeviceId::parse(level).is_err() || ids[side].is_some_and(|id| id != level) {
            return Ok(());
        }
        ids[side] = Some(level);
        first = first.or(Some(level));
    }
    match first {
        Some(id) if ids[0] != ids[1] => Err(format!(
            "{one} and {other}: a device that is named {id} could publish as another: give {ID} the same level in both"
        )),
        _ => Ok(()),
    }
}

/// With `fleet/+/status` each device would read what `fleet/{id}/*` lets every other publish. A level that needs one certain
/// id keeps them apart: `broadcast/#` has of `{id}/*` what a device named `broadcast` publishes. So does an id below the
/// wildcard: with `fleet/+/{id}` a device reads what others address to it.
fn check_reading(topic: &str, filter: &str) -> Result<(), String> {
    let (mut of_topic, mut of_filter) = (topic.split('/'), filter.split('/'));
    loop {
        match (of_topic.next(), of_filter.next()) {
            // `x/#` has `x` too (MQTT 5.0, 4.7.1.2).
            (_, Some("#")) | (None, None) => break,
            (Some("*"), Some(level)) => {
                if level == ID || of_filter.any(|level| level == ID) {
                    return Ok(());
                }
                break;
            }
            (Some(_), Some("+")) => {}
            (Some(level), Some(same)) if level == same && level != ID => {}
            // No topic is both, or an id is fixed.
            _ => return Ok(()),
        }
    }
    Err(format!(
        "{filter} has what {topic} lets every device publish: every device could read every other's messages"
    ))
}

/// What AWS reads in topics of its own (Developer Guide, "Reserved topics"): a rule's name is never a device's, a thing's
/// is.
fn check_reserved(template: &str, services: &[&str]) -> Result<(), String> {
    let mut levels = template.split('/');
    if levels.next() != Some("$aws") {
        return Ok(());
    }
    let (service, name) = (
        levels.next().unwrap_or_default(),
        levels.next().unwrap_or_default(),
    );
    let is_sound = services.contains(&service)
        && match service {
            "rules" => !name.is_empty() && name != ID && !name.contains('*'),
            _ => {
                name == ID
                    && levels
                        .next()
                        .is_some_and(|rest| !["*", "#", "+"].contains(&rest))
            }
        };
    if is_sound {
        return Ok(());
    }
    let forms: Vec<_> = services
        .iter()
        .map(|service| match *service {
            "rules" => "$aws/rules/<rule>/... with a rule that you name",
            _ => "$aws/things/{id}/<service>/...",
        })
        .collect();
    Err(format!(
        "of AWS's own topics a device has {}",
        forms.join(" and ")
    ))
}

/// What is left may hold nothing that a policy reads as more than itself.
fn check_text(template: &str) -> Result<(), String> {
    let text = template.replace(ID, "");
    let text = text.strip_prefix("$aws/").unwrap_or(&text);
    if template.is_empty()
        || text.contains(['?', '$', '{', '}'])
        || text.chars().any(char::is_control)
    {
        return Err(format!(
            "it is empty, or holds ?, $, a brace outside {ID} or a control character"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "arn:aws:iot:eu-central-1:123456789012";

    fn policy(
        publish: &[&str],
        retain: bool,
        subscribe: &[&str],
    ) -> Result<Policy, (&'static str, String)> {
        let own = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Policy::new(PREFIX, own(publish), retain, own(subscribe))
    }

    fn documents(policy: &Policy, id: &str) -> Vec<Value> {
        policy.documents(&DeviceId::parse(id).unwrap())
    }

    #[test]
    fn by_default_a_device_connects_and_publishes_to_its_own_topics() {
        let policy = policy(&["{id}/*"], false, &[]).unwrap();
        assert_eq!(
            documents(&policy, "uniqueID"),
            [json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "iot:Connect", "Resource": "arn:aws:iot:eu-central-1:123456789012:client/uniqueID"},
                {"Effect": "Allow", "Action": "iot:Publish", "Resource": "arn:aws:iot:eu-central-1:123456789012:topic/uniqueID/*"},
            ]})]
        );
    }

    #[test]
    fn retained_messages_basic_ingest_and_subscriptions_are_extra() {
        let policy = policy(&["$aws/rules/ingest/{id}/*"], true, &["{id}/commands/+/#"]).unwrap();
        let document = &documents(&policy, "a")[0]["Statement"];
        assert_eq!(
            document[1]["Action"],
            json!(["iot:Publish", "iot:RetainPublish"])
        );
        assert_eq!(
            document[1]["Resource"],
            format!("{PREFIX}:topic/$aws/rules/ingest/a/*")
        );
        assert_eq!(document[2]["Action"], "iot:Subscribe");
        assert_eq!(
            document[2]["Resource"],
            format!("{PREFIX}:topicfilter/a/commands/+/#")
        );
        assert_eq!(document[3]["Action"], "iot:Receive");
        assert_eq!(
            document[3]["Resource"],
            format!("{PREFIX}:topic/a/commands/*/*")
        );
    }

    #[test]
    fn the_longest_policy_accepted_is_within_aws_limits() {
        let topics: Vec<_> = (0..39)
            .map(|index| format!("{{id}}/{index:02}/{}", "t".repeat(100)))
            .collect();
        let topics: Vec<_> = topics.iter().map(String::as_str).collect();
        let documents = documents(&policy(&topics, true, &[]).unwrap(), &"x".repeat(128));
        assert_eq!(documents.len(), 10);
        assert!(
            documents
                .iter()
                .all(|document| document.to_string().len() <= 2048)
        );
        let one_more: Vec<_> = topics.iter().copied().chain(["{id}/more"]).collect();
        assert_eq!(
            policy(&one_more, true, &[]).unwrap_err().0,
            "PUBLISH_TOPICS"
        );
    }

    #[test]
    fn templates_that_would_widen_the_policy_or_never_match_are_refused() {
        let long = format!("{{id}}/{}", "x".repeat(2000));
        for (template, expected) in [
            ("status", "every device"),
            ("", "every device"),
            ("{id}*", "last level"),
            ("*/{id}", "last level"),
            ("{id}/*/x", "last level"),
            ("a{id}/*", "whole level"),
            ("{id}-status", "whole level"),
            ("{id}{id}", "whole level"),
            ("x/a{id}", "whole level"),
            ("{id}/x{id}", "whole level"),
            ("$aws/{id}/*", "own topics"),
            ("$aws/rules/{id}/*", "own topics"),
            ("$aws/rules/*", "every device"),
            ("$aws/rules//{id}", "own topics"),
            ("$aws/things/x/{id}", "own topics"),
            ("$aws/things/{id}", "own topics"),
            ("$aws/things/{id}/*", "own topics"),
            ("$aws/events/{id}", "own topics"),
            ("$SYS/{id}", "holds ?"),
            ("{id}/#", "mean nothing"),
            ("{id}/+", "mean nothing"),
            ("{id}/?", "holds ?"),
            ("{id}/${iot:ClientId}", "holds ?"),
            ("{id}/{name}", "holds ?"),
            ("{id}/\n", "holds ?"),
            (&long, "too long"),
        ] {
            let (name, problem) = policy(&[template], false, &[]).unwrap_err();
            assert_eq!(name, "PUBLISH_TOPICS");
            assert!(problem.contains(expected), "{template}: {problem}");
        }
        for (template, expected) in [
            ("{id}/*", "not *"),
            ("{id}/a+", "whole level"),
            ("#/{id}", "whole level"),
            ("#", "first level"),
            ("+", "first level"),
            ("+/#", "first level"),
            ("+/{id}", "first level"),
            ("a{id}/#", "whole level"),
            ("$aws/{id}/#", "own topics"),
            ("$aws/#", "own topics"),
            ("$aws/things/+/shadow/#", "own topics"),
            ("$aws/things/{id}/#", "own topics"),
            ("$aws/rules/r/{id}", "own topics"),
            ("${x}", "holds ?"),
        ] {
            let (name, problem) = policy(&["{id}/*"], false, &[template]).unwrap_err();
            assert_eq!(name, "SUBSCRIBE_FILTERS");
            assert!(problem.contains(expected), "{template}: {problem}");
        }
        assert_eq!(policy(&[], false, &[]).unwrap_err().0, "PUBLISH_TOPICS");
    }

    #[test]
    fn two_templates_that_give_one_topic_to_two_devices_are_refused() {
        for (one, other, name) in [
            ("{id}/*", "fleet/{id}", Some("fleet")),
            ("{id}/*", "fleet/{id}/*", Some("fleet")),
            ("{id}/status", "fleet/{id}", Some("fleet")),
            ("{id}/a/*", "x/{id}/y", Some("x")),
            ("x/{id}/*", "{id}/y/z", Some("x")),
            ("a/{id}/*", "a/b/{id}", Some("b")),
            // One device alone has both.
            ("{id}/*", "{id}/status", None),
            ("{id}/*", "{id}/{id}", None),
            ("{id}/x/*", "{id}/{id}/y", None),
            ("x/{id}/{id}", "x/y/{id}", None),
            ("{id}/x", "x/{id}", None),
            // No topic is both.
            ("{id}/{id}/x", "a/b/{id}", None),
            ("{id}", "fleet/{id}", None),
            ("x/{id}/*", "{id}/y", None),
            ("{id}/status", "fleet/{id}/status", None),
            ("a/{id}/*", "b/{id}/*", None),
            // No device has such a name.
            ("{id}/*", "$aws/rules/readings/{id}/*", None),
            ("{id}/*", "all devices/{id}", None),
        ] {
            for templates in [[one, other], [other, one]] {
                let problem = policy(&templates, false, &[])
                    .err()
                    .map(|(_, problem)| problem);
                let expected = name.map(|name| format!("a device that is named {name} could"));
                assert_eq!(
                    problem.is_some(),
                    expected.is_some(),
                    "{one} {other}: {problem:?}"
                );
                if let (Some(problem), Some(expected)) = (problem, expected) {
                    assert!(problem.contains(&expected), "{problem}");
                }
            }
        }
    }

    #[test]
    fn a_filter_that_has_every_device_s_messages_is_refused() {
        for (topic, filter, is_refused) in [
            ("fleet/{id}/*", "fleet/#", true),
            ("fleet/{id}/*", "fleet/+/#", true),
            ("fleet/{id}/*", "fleet/+/status", true),
            ("fleet/{id}/*", "fleet/+/a/b", true),
            ("fleet/{id}/*", "fleet/+/+", true),
            ("fleet/{id}/status", "fleet/+/status", true),
            ("fleet/{id}/status", "fleet/+/+", true),
            ("fleet/{id}/status", "fleet/+/status/#", true),
            ("fleet/{id}", "fleet/+", true),
            ("fleet/{id}", "fleet/+/#", true),
            ("a/b/{id}/*", "a/+/+/x", true),
            ("a/b/{id}", "a/#", true),
            ("x/{id}/{id}", "x/+/+", true),
            ("/{id}", "/+", true),
            ("/{id}", "/#", true),
            // No topic is both.
            ("fleet/{id}", "fleet/+/status", false),
            ("fleet/{id}/status", "fleet/+", false),
            ("fleet/{id}/*", "fleet/+", false),
            ("fleet/{id}/status", "fleet/+/commands", false),
            ("fleet/{id}/*", "other/#", false),
            // It is the device's own.
            ("fleet/{id}/*", "fleet/{id}/#", false),
            ("{id}/*", "{id}/+", false),
            ("x/{id}/{id}", "x/+/{id}", false),
            (
                "$aws/things/{id}/shadow/update",
                "$aws/things/{id}/shadow/#",
                false,
            ),
            // It is for this device.
            ("fleet/{id}/*", "fleet/+/{id}", false),
            ("fleet/{id}/*", "fleet/+/to/{id}/#", false),
            // It is one device's.
            ("{id}/*", "broadcast/#", false),
            ("{id}/*", "fleet/+/{id}", false),
            ("fleet/{id}/*", "{id}/#", false),
            // Nobody can subscribe to Basic Ingest.
            ("$aws/rules/r/{id}/*", "r/#", false),
            ("$aws/rules/r/{id}/*", "$aws/things/{id}/shadow/#", false),
        ] {
            let problem = policy(&[topic], false, &[filter]).err();
            assert_eq!(
                problem.is_some(),
                is_refused,
                "{topic} {filter}: {problem:?}"
            );
            if let Some((name, problem)) = problem {
                assert_eq!(name, "SUBSCRIBE_FILTERS");
                assert!(
                    problem.contains(topic) && problem.contains(filter),
                    "{problem}"
                );
            }
        }
        // Among several.
        let problem = policy(&["{id}/*", "fleet/{id}"], false, &["{id}/in", "fleet/+"]);
        assert!(problem.is_err());
    }

    #[test]
    fn aws_s_own_topics_and_those_that_devices_share_are_taken() {
        for topic in [
            "$aws/rules/ingest/{id}",
            "$aws/rules/ingest/x/{id}/*",
            "$aws/things/{id}/shadow/update",
            "$aws/things/{id}/jobs/*",
            "{id}",
            "x/{id}/{id}/*",
        ] {
            assert!(policy(&[topic], false, &[]).is_ok(), "{topic}");
        }
        for filter in [
            "{id}/#",
            "broadcast",
            "broadcast/#",
            "fleet/+/{id}",
            "$aws/things/{id}/shadow/#",
        ] {
            assert!(policy(&["{id}/*"], false, &[filter]).is_ok(), "{filter}");
        }
    }

    #[test]
    fn a_policy_is_for_one_account() {
        let of = |prefix| Policy::new(prefix, vec!["{id}/*".to_owned()], false, Vec::new());
        assert!(of(PREFIX).is_ok());
        assert_eq!(
            of("arn:aws:iot:*:123456789012").unwrap_err().0,
            "IOT_ARN_PREFIX"
        );
    }

    /// As AWS evaluates it.
    #[test]
    fn a_device_may_publish_to_its_own_topics_and_to_no_other_s() {
        use motepost_contract::policy::{Policy as Evaluated, PolicyDecision};
        let policy = policy(&["{id}/*", "$aws/rules/r/{id}"], false, &["{id}/in/+"]).unwrap();
        for id in ["a", "sensor-1", "00:1B:44:11:3A:B7", "..."] {
            let documents = documents(&policy, id);
            let policy = Evaluated::parse(&documents, [127, 0, 0, 1].into()).unwrap();
            let rows = [
                ("iot:Connect", format!("client/{id}"), true),
                ("iot:Publish", format!("topic/{id}/status"), true),
                ("iot:Publish", format!("topic/{id}/a/b"), true),
                ("iot:Publish", format!("topic/$aws/rules/r/{id}"), true),
                ("iot:Subscribe", format!("topicfilter/{id}/in/+"), true),
                ("iot:Receive", format!("topic/{id}/in/x"), true),
                ("iot:Connect", "client/other".to_owned(), false),
                ("iot:Publish", format!("topic/{id}"), false),
                ("iot:Publish", format!("topic/{id}x/status"), false),
                ("iot:Publish", "topic/other/status".to_owned(), false),
                ("iot:Publish", format!("topic/$aws/rules/r/{id}x"), false),
                ("iot:RetainPublish", format!("topic/{id}/status"), false),
                ("iot:Subscribe", format!("topicfilter/{id}/#"), false),
                ("iot:Receive", format!("topic/{id}/status"), false),
            ];
            for (action, resource, expected) in rows {
                let decision = policy.decide(action, &format!("{PREFIX}:{resource}"));
                let allowed = matches!(decision, PolicyDecision::Allowed { .. });
                assert_eq!(allowed, expected, "{action} on {resource}");
            }
        }
    }
}
