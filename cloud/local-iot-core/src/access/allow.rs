//! What a device's policy allows.

use motepost_contract::partition;
use motepost_contract::policy::PolicyDecision;

use crate::authorizers::response::GrantedPolicy;
use crate::core::Core;

/// Whether the policy allows the action, by which statement, or why not. The resource is without its ARN's beginning.
pub(crate) fn allows(
    core: &Core,
    policy: &GrantedPolicy,
    action: &str,
    resource: &str,
) -> Result<String, String> {
    let (region, account) = (&core.config.region, &core.config.account);
    let arn = partition::arn("iot", region, account, resource);
    let decision = policy.decide(action, &arn);
    let arn = policy.shown(&arn);
    match decision {
        PolicyDecision::Allowed { by } => Ok(format!("{by} allows {action}")),
        PolicyDecision::ExplicitDeny { by } => Err(format!("{by} denies {action} on {arn}")),
        PolicyDecision::ImplicitDeny { hint } => {
            Err(format!("no statement allows {action} on {arn}: {hint}"))
        }
    }
}

/// Whether it allows a publish, and to retain it if it is to be.
pub(crate) fn allows_publish(
    core: &Core,
    policy: &GrantedPolicy,
    topic: &str,
    retain: bool,
) -> Result<String, String> {
    let resource = format!("topic/{topic}");
    let by = allows(core, policy, "iot:Publish", &resource)?;
    if retain {
        allows(core, policy, "iot:RetainPublish", &resource)?;
    }
    Ok(by)
}
