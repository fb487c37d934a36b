//! The topic filter of a rule (Developer Guide, "FROM clause").

use motepost_contract::topic;

pub(super) fn check(filter: &str) -> Result<(), String> {
    topic::check_size(filter).map_err(|reason| format!("the topic filter {reason}"))?;
    if mqtt5::validate_topic_filter(filter).is_err() {
        return Err(format!(
            "'{filter}' is not a topic filter: + stands alone between slashes, and # alone at the end"
        ));
    }
    if filter.starts_with("$aws/rules/") {
        return Err(format!(
            "'{filter}': a rule cannot subscribe to a topic of Basic Ingest, which reaches the rule that it names, whatever its FROM"
        ));
    }
    if filter.starts_with('$') {
        return Err(format!(
            "'{filter}': this local emulator has no messages of AWS's own, under $, so that the rule would never run"
        ));
    }
    Ok(())
}
