//! The names of what the account has.

use motepost_contract::partition;

use crate::core::Core;

pub(super) fn authorizer(core: &Core, name: &str) -> String {
    of(core, &format!("authorizer/{name}"))
}

pub(super) fn rule(core: &Core, name: &str) -> String {
    of(core, &format!("rule/{name}"))
}

/// AWS makes up an id behind the name.
pub(super) fn domain(core: &Core, name: &str) -> String {
    of(core, &format!("domainconfiguration/{name}/local"))
}

fn of(core: &Core, resource: &str) -> String {
    partition::arn("iot", &core.config.region, &core.config.account, resource)
}
