//! The authorizers that exist, and which of them a request is for (Developer Guide, "Custom authentication and
//! authorization").

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use motepost_contract::names::AUTHORIZER_NAME;

use super::record::AuthorizerRecord;
use crate::behaviour::AuthorizerOverride;

/// All authorizers at one moment.
#[derive(Clone, Default)]
pub(crate) struct Snapshot {
    pub(crate) authorizers: BTreeMap<String, Arc<AuthorizerRecord>>,
    pub(crate) default: Option<String>,
}

impl Snapshot {
    pub(crate) fn add(&mut self, authorizer: AuthorizerRecord) {
        self.authorizers
            .insert(authorizer.name.clone(), Arc::new(authorizer));
    }
}

/// Saves a change before it takes effect; an error keeps it from taking effect.
pub(crate) type Save = Box<dyn Fn(&Snapshot) -> Result<(), String> + Send + Sync>;

pub(crate) struct Registry {
    snapshot: RwLock<Snapshot>,
    /// Held through a change, so that what is saved last is what counts.
    changing: Mutex<()>,
    save: Option<Save>,
}

/// A change that could not be saved, and so did not take effect.
#[derive(Debug)]
pub(crate) struct SaveError(pub(crate) String);

/// Why no authorizer could be found, and the name at fault.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LookupError {
    pub(crate) name: Option<String>,
    pub(crate) reason: String,
}

impl Registry {
    pub(crate) fn new(snapshot: Snapshot, save: Option<Save>) -> Result<Self, String> {
        for authorizer in snapshot.authorizers.values() {
            authorizer.check()?;
        }
        if let Some(name) = &snapshot.default
            && !snapshot.authorizers.contains_key(name)
        {
            return Err(format!(
                "default authorizer {name:?}: there is none of that name"
            ));
        }
        Ok(Self {
            snapshot: RwLock::new(snapshot),
            changing: Mutex::default(),
            save,
        })
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.snapshot
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// All or nothing: a change is saved first and then takes effect. It may write a file, and so block.
    pub(crate) fn change<T, E: From<SaveError>>(
        &self,
        change: impl FnOnce(&mut Snapshot) -> Result<T, E>,
    ) -> Result<T, E> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut snapshot = self.snapshot();
        let changed = change(&mut snapshot)?;
        if let Some(save) = &self.save {
            save(&snapshot).map_err(SaveError)?;
        }
        *self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner) = snapshot;
        Ok(changed)
    }

    /// The authorizer that the request names, or else the default.
    pub(crate) fn resolve(
        &self,
        named: Option<String>,
        naming: AuthorizerOverride,
    ) -> Result<Arc<AuthorizerRecord>, LookupError> {
        let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        let name = match (named, snapshot.default.clone(), naming) {
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
        let found = snapshot.authorizers.get(&name).ok_or_else(|| {
            let near = |other: &&String| other.eq_ignore_ascii_case(&name);
            match snapshot.authorizers.keys().find(near) {
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

    fn snapshot(authorizers: Vec<AuthorizerRecord>, default: Option<&str>) -> Snapshot {
        let mut snapshot = Snapshot {
            default: default.map(str::to_owned),
            ..Snapshot::default()
        };
        authorizers.into_iter().for_each(|a| snapshot.add(a));
        snapshot
    }

    fn registry(default: Option<&str>) -> Registry {
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
        Registry::new(snapshot(all, default), None).unwrap()
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
            let found =
                registry(default).resolve(named.map(str::to_owned), AuthorizerOverride::Allowed);
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
                registry(default).resolve(Some(name.to_owned()), naming),
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

    #[test]
    fn a_registry_that_aws_would_not_hold_is_refused() {
        let with = |change: fn(&mut AuthorizerRecord)| {
            let mut changed = authorizer("A");
            change(&mut changed);
            vec![changed]
        };
        let rows = [
            (vec![authorizer("a b")], None, "letters, digits"),
            (vec![authorizer("")], None, "letters, digits"),
            (vec![authorizer("A")], Some("B"), "none of that name"),
            (
                with(|a| a.function_arn = "f".to_owned()),
                None,
                "arn:aws:lambda",
            ),
            (
                with(|a| a.token_key_name = Some("a b".to_owned())),
                None,
                "token key name",
            ),
            (
                with(|a| a.signing_disabled = false),
                None,
                "keys map for authorizer A cannot be null",
            ),
        ];
        for (authorizers, default, expected) in rows {
            let error = Registry::new(snapshot(authorizers, default), None)
                .err()
                .unwrap();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_change_that_cannot_be_saved_does_not_count() {
        let save: Save = Box::new(|_| Err("the disk is full".to_owned()));
        let registry = Registry::new(snapshot(vec![authorizer("A")], None), Some(save)).unwrap();
        let changed = registry.change(|snapshot| {
            snapshot.authorizers.clear();
            Ok(())
        });
        assert!(matches!(changed, Err(SaveError(reason)) if reason == "the disk is full"));
        assert!(registry.snapshot().authorizers.contains_key("A"));
    }
}
