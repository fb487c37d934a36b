//! What the account has. It changes in one step, and a change is saved before it counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::authorizers::domain::DomainRecord;
use crate::authorizers::record::AuthorizerRecord;
use crate::rules::rule::RuleRecord;

/// All of it at one moment.
#[derive(Clone, Default)]
pub(crate) struct Snapshot {
    pub(crate) authorizers: BTreeMap<String, Arc<AuthorizerRecord>>,
    pub(crate) default: Option<String>,
    pub(crate) domains: BTreeMap<String, Arc<DomainRecord>>,
    pub(crate) rules: BTreeMap<String, Arc<RuleRecord>>,
    /// By the ARN of what has them.
    pub(crate) tags: BTreeMap<String, Tags>,
}

pub(crate) type Tags = BTreeMap<String, String>;

impl Snapshot {
    pub(crate) fn add(&mut self, authorizer: AuthorizerRecord) {
        self.authorizers
            .insert(authorizer.name.clone(), Arc::new(authorizer));
    }

    pub(crate) fn add_rule(&mut self, rule: RuleRecord) {
        self.rules.insert(rule.name.clone(), Arc::new(rule));
    }

    pub(crate) fn add_domain(&mut self, domain: DomainRecord) {
        self.domains.insert(domain.name.clone(), Arc::new(domain));
    }

    /// The one of that server name.
    pub(crate) fn domain(&self, server_name: Option<&str>) -> Option<Arc<DomainRecord>> {
        let server_name = server_name?;
        let mut domains = self.domains.values();
        let found = domains.find(|domain| domain.server_name.eq_ignore_ascii_case(server_name));
        found.map(Arc::clone)
    }

    /// A rule cannot be made but as AWS would have it.
    fn check(&self) -> Result<(), String> {
        for authorizer in self.authorizers.values() {
            authorizer.check()?;
        }
        match &self.default {
            Some(name) if !self.authorizers.contains_key(name) => Err(format!(
                "default authorizer {name:?}: there is no authorizer of that name"
            )),
            _ => Ok(()),
        }
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

impl Registry {
    pub(crate) fn new(snapshot: Snapshot, save: Option<Save>) -> Result<Self, String> {
        snapshot.check()?;
        Ok(Self {
            snapshot: RwLock::new(snapshot),
            changing: Mutex::default(),
            save,
        })
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.read(Snapshot::clone)
    }

    /// For what each request needs: nothing is copied, and changes wait until it returns.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Snapshot) -> T) -> T {
        read(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorizers::record::tests::authorizer;

    fn with(authorizers: Vec<AuthorizerRecord>, default: Option<&str>) -> Snapshot {
        let mut snapshot = Snapshot {
            default: default.map(str::to_owned),
            ..Snapshot::default()
        };
        authorizers.into_iter().for_each(|a| snapshot.add(a));
        snapshot
    }

    #[test]
    fn what_aws_would_not_hold_is_refused() {
        let changed = |change: fn(&mut AuthorizerRecord)| {
            let mut changed = authorizer("A");
            change(&mut changed);
            vec![changed]
        };
        let rows = [
            (vec![authorizer("a b")], None, "letters, digits"),
            (vec![authorizer("")], None, "letters, digits"),
            (
                vec![authorizer("A")],
                Some("B"),
                "no authorizer of that name",
            ),
            (
                changed(|a| a.function_arn = "f".to_owned()),
                None,
                "arn:aws:lambda",
            ),
            (
                changed(|a| a.token_key_name = Some("a b".to_owned())),
                None,
                "token key name",
            ),
            (
                changed(|a| a.signing_disabled = false),
                None,
                "keys map for authorizer A cannot be null",
            ),
        ];
        for (authorizers, default, expected) in rows {
            let error = Registry::new(with(authorizers, default), None)
                .err()
                .unwrap();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_change_that_cannot_be_saved_does_not_count() {
        let save: Save = Box::new(|_| Err("the disk is full".to_owned()));
        let registry = Registry::new(with(vec![authorizer("A")], None), Some(save)).unwrap();
        let changed = registry.change(|snapshot| {
            snapshot.authorizers.clear();
            Ok(())
        });
        assert!(matches!(changed, Err(SaveError(reason)) if reason == "the disk is full"));
        assert!(registry.snapshot().authorizers.contains_key("A"));
    }
}
