//! Which authorizer a request is for (Developer Guide, "Custom authentication and authorization").

use std::sync::Arc;

use motepost_contract::names::AUTHORIZER_NAME;

use super::record::AuthorizerRecord;
use crate::behaviour::AuthorizerOverride;
use crate::registry::Snapshot;

/// Why no authorizer could be found, and the name at fault.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LookupError {
    pub(crate) name: Option<String>,
    pub(crate) reason: String,
}

impl Snapshot {
    /// The authorizer that the request names, or else the default, of its domain or of the account.
    pub(crate) fn resolve(
        &self,
        named: Option<String>,
        server_name: Option<&str>,
        naming: AuthorizerOverride,
    ) -> Result<Arc<AuthorizerRecord>, LookupError> {
        let domain = self.domain(server_name);
        let of_domain = domain
            .as_ref()
            .and_then(|domain| domain.authorizer.as_ref());
        let (default, naming) = match of_domain {
            None => (self.default.clone(), naming),
            Some(default) => {
                let naming = match naming {
                    _ if default.may_be_overridden => AuthorizerOverride::Allowed,
                    AuthorizerOverride::Ignored => naming,
                    // What AWS does is UNCONFIRMED.
                    _ => AuthorizerOverride::Refused,
                };
                (Some(default.name.clone()), naming)
            }
        };
        let name = match (named, default, naming) {
            (Some(_), Some(default), AuthorizerOverride::Ignored) => default,
            (Some(named), Some(default), AuthorizerOverride::Refused) if named != default => {
                return Err(LookupError {
                    reason: format!(
                        "the request names another authorizer than the default, {default}, which is not allowed (allowAuthorizerOverride)"
                    ),
                    name: Some(named),
                });
            }
            (Some(named), _, _) => named,
            (None, Some(default), _) => default,
            (None, None, _) => {
                return Err(LookupError {
                    name: None,
                    reason: format!(
                        "the request names no authorizer ({AUTHORIZER_NAME}) and there is no default"
                    ),
                });
            }
        };
        let not_found = |reason: &str| LookupError {
            name: Some(name.clone()),
            reason: reason.to_owned(),
        };
        let found = self.authorizers.get(&name).ok_or_else(|| {
            let near = |other: &&String| other.eq_ignore_ascii_case(&name);
            match self.authorizers.keys().find(near) {
                Some(near) => not_found(&format!(
                    "no authorizer of that name: names are case-sensitive, and {near} exists"
                )),
                None => not_found("no authorizer of that name"),
            }
        })?;
        if !found.active {
            return Err(not_found("the authorizer is INACTIVE"));
        }
        Ok(Arc::clone(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorizers::record::tests::authorizer;

    fn account(default: Option<&str>) -> Snapshot {
        let sleeping = AuthorizerRecord {
            active: false,
            ..authorizer("sleeping")
        };
        let all = vec![
            authorizer("A"),
            authorizer("B"),
            authorizer("we=ird,@x"),
            sleeping,
        ];
        let mut account = Snapshot {
            default: default.map(str::to_owned),
            ..Snapshot::default()
        };
        all.into_iter().for_each(|a| account.add(a));
        account
    }

    #[test]
    fn a_name_beats_the_default_and_is_looked_up_as_it_is() {
        let rows = [
            (Some("A"), Some("B"), Ok("A")),
            (Some("we=ird,@x"), None, Ok("we=ird,@x")),
            (None, Some("A"), Ok("A")),
            (None, None, Err("names no authorizer")),
            (Some("C"), Some("A"), Err("no authorizer of that name")),
            (Some("a"), None, Err("and A exists")),
            (Some(""), Some("A"), Err("no authorizer of that name")),
            (Some("sleeping"), None, Err("INACTIVE")),
        ];
        for (named, default, expected) in rows {
            let found = account(default).resolve(
                named.map(str::to_owned),
                None,
                AuthorizerOverride::Allowed,
            );
            match (found, expected) {
                (Ok(found), Ok(name)) => assert_eq!(found.name, name),
                (Err(found), Err(reason)) => assert!(found.reason.contains(reason), "{found:?}"),
                (found, _) => panic!("{named:?}: {:?}", found.map(|a| a.name.clone())),
            }
        }
    }

    #[test]
    fn whether_a_request_may_name_another_than_the_default_is_a_switch() {
        use AuthorizerOverride::{Allowed, Ignored, Refused};
        let rows = [
            (Allowed, Some("A"), "B", Ok("B")),
            (Ignored, Some("A"), "B", Ok("A")),
            (Refused, Some("A"), "B", Err("allowAuthorizerOverride")),
            (Refused, Some("A"), "A", Ok("A")),
            (Ignored, None, "B", Ok("B")),
            (Refused, None, "B", Ok("B")),
        ];
        for (naming, default, name, expected) in rows {
            match (
                account(default).resolve(Some(name.to_owned()), None, naming),
                expected,
            ) {
                (Ok(found), Ok(name)) => assert_eq!(found.name, name),
                (Err(found), Err(reason)) => assert!(found.reason.contains(reason), "{found:?}"),
                (found, _) => panic!(
                    "{naming:?} {default:?} {name}: {:?}",
                    found.map(|a| a.name.clone())
                ),
            }
        }
    }
}
