//! The topic filter of a rule (Developer Guide, "FROM clause").

/// AWS's limits for a topic hold for a filter too.
const MAX_BYTES: usize = 256;
const MAX_SLASHES: usize = 7;

pub(super) fn check(filter: &str) -> Result<(), String> {
    if filter.len() > MAX_BYTES {
        let length = filter.len();
        return Err(format!(
            "the topic filter has {length} bytes of at most {MAX_BYTES}"
        ));
    }
    let slashes = filter.matches('/').count();
    if slashes > MAX_SLASHES {
        return Err(format!(
            "the topic filter has {slashes} slashes of at most {MAX_SLASHES}"
        ));
    }
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
