//! The authorizers that exist, and which of them a request is for (Developer Guide, "Custom authentication and
//! authorization").

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use crate::behaviour::AuthorizerOverride;
use crate::control::error::ApiError;
use crate::function;
use crate::http::Request;
use crate::publish::field;
use crate::signature::PublicKey;

pub(crate) const AUTHORIZER_NAME: &str = "x-amz-customauthorizer-name";

/// One authorizer as AWS would hold it.
#[derive(Clone)]
pub(crate) struct AuthorizerRecord {
    pub(crate) name: String,
    pub(crate) function_arn: String,
    pub(crate) token_key_name: Option<String>,
    pub(crate) signing_disabled: bool,
    pub(crate) public_keys: Vec<PublicKey>,
    pub(crate) active: bool,
    pub(crate) caching_for_http: bool,
    pub(crate) created: SystemTime,
    pub(crate) modified: SystemTime,
}

impl AuthorizerRecord {
    /// The rules of `CreateAuthorizer` (API reference). The texts are UNCONFIRMED, the one on keys excepted.
    pub(crate) fn check(&self) -> Result<(), String> {
        let name = &self.name;
        if !is_name(name) {
            return Err(format!(
                "authorizer {name:?}: a name is 1 to 128 letters, digits and _=,@-"
            ));
        }
        function::check_arn(&self.function_arn)
            .map_err(|wrong| format!("authorizer {name}: {wrong}"))?;
        if self
            .token_key_name
            .as_ref()
            .is_some_and(|key| !of(key, "_-"))
        {
            return Err(format!(
                "authorizer {name}: a token key name is 1 to 128 letters, digits and _-"
            ));
        }
        for key in &self.public_keys {
            if !of(key.name(), ":_-") {
                return Err(format!(
                    "authorizer {name}: key {:?}: a key's name is 1 to 128 letters, digits and :_-",
                    key.name()
                ));
            }
        }
        if self.signing_disabled {
            return Ok(());
        }
        if self.token_key_name.is_none() {
            return Err(format!(
                "Token key name for authorizer {name} cannot be null when signing is enabled"
            ));
        }
        if self.public_keys.is_empty() {
            return Err(format!(
                "Token signing keys map for authorizer {name} cannot be null or empty when signing is enabled"
            ));
        }
        Ok(())
    }
}

pub(crate) fn is_name(text: &str) -> bool {
    of(text, "_=,@-")
}

fn of(text: &str, more: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
    (1..=128).contains(&text.len()) && text.chars().all(allowed)
}

/// All of them at one moment.
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

/// Told of every change before it counts; an error keeps it from counting.
pub(crate) type Save = Box<dyn Fn(&Snapshot) -> Result<(), String> + Send + Sync>;

pub(crate) struct Registry {
    snapshot: RwLock<Snapshot>,
    /// InitialState through a change, so that what is saved last is what counts.
    changing: Mutex<()>,
    save: Option<Save>,
}

/// Why no authorizer could be asked, and the name at fault.
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

    /// All or nothing: what is changed is saved first, and counts then. It may write a file, and so block.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Snapshot) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut snapshot = self.snapshot();
        let changed = change(&mut snapshot)?;
        if let Some(save) = &self.save {
            save(&snapshot).map_err(ApiError::Internal)?;
        }
        *self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner) = snapshot;
        Ok(changed)
    }

    /// The one that the request names, in its header before its query, or else the default.
    pub(crate) fn resolve(
        &self,
        request: &Request,
        naming: AuthorizerOverride,
    ) -> Result<Arc<AuthorizerRecord>, LookupError> {
        let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        let named = field::find(request, AUTHORIZER_NAME)
            .map(field::Field::text)
            .transpose()
            .map_err(|reason| LookupError { name: None, reason })?;
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
                        "the request names no authorizer ({}) and there is no default",
                        AUTHORIZER_NAME
                    ),
                });
            }
        };
        let unresolved = |reason: &str| LookupError {
            name: Some(name.clone()),
            reason: reason.to_owned(),
        };
        let found = snapshot.authorizers.get(&name).ok_or_else(|| {
            let near = |other: &&String| other.eq_ignore_ascii_case(&name);
            match snapshot.authorizers.keys().find(near) {
                Some(near) => unresolved(&format!(
                    "no authorizer of that name: names are case-sensitive, and {near} exists"
                )),
                None => unresolved("no authorizer of that name"),
            }
        })?;
        if !found.active {
            return Err(unresolved("the authorizer is INACTIVE"));
        }
        Ok(Arc::clone(found))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn authorizer(name: &str) -> AuthorizerRecord {
        AuthorizerRecord {
            name: name.to_owned(),
            function_arn: "arn:aws:lambda:eu-central-1:123456789012:function:f".to_owned(),
            token_key_name: Some("token".to_owned()),
            signing_disabled: true,
            public_keys: Vec::new(),
            active: true,
            caching_for_http: false,
            created: SystemTime::UNIX_EPOCH,
            modified: SystemTime::UNIX_EPOCH,
        }
    }

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

    fn request(target: &str, headers: &str) -> Request {
        Request::parse(
            format!("POST {target} HTTP/1.1\r\nhost: x\r\n{headers}\r\n").as_bytes(),
            64,
        )
        .unwrap()
    }

    #[test]
    fn a_header_beats_the_query_and_both_beat_the_default() {
        let header = "X-Amz-CustomAuthorizer-Name: A\r\n";
        let query = "/topics/t?x-amz-customauthorizer-name=B";
        let rows = [
            ("/topics/t", header, Some("B"), Ok("A")),
            (query, "", Some("A"), Ok("B")),
            (query, header, None, Ok("A")),
            ("/topics/t", "", Some("A"), Ok("A")),
            (
                "/topics/t?x-amz-customauthorizer-name=we%3Dird%2C%40x",
                "",
                None,
                Ok("we=ird,@x"),
            ),
            ("/topics/t", "", None, Err("names no authorizer")),
            (
                "/topics/t?X-Amz-CustomAuthorizer-Name=B",
                "",
                None,
                Err("names no authorizer"),
            ),
            (
                "/topics/t",
                "x-amz-customauthorizer-name: C\r\n",
                Some("A"),
                Err("no authorizer of that name"),
            ),
            (
                "/topics/t",
                "x-amz-customauthorizer-name: a\r\n",
                None,
                Err("and A exists"),
            ),
            (
                "/topics/t",
                "x-amz-customauthorizer-name:\r\n",
                Some("A"),
                Err("no authorizer of that name"),
            ),
            (
                "/topics/t",
                "x-amz-customauthorizer-name: sleeping\r\n",
                None,
                Err("INACTIVE"),
            ),
            (
                "/topics/t?x-amz-customauthorizer-name=%zz",
                "",
                None,
                Err("percent-encoded"),
            ),
        ];
        for (target, headers, default, expected) in rows {
            let registry = registry(default);
            match (
                registry.resolve(&request(target, headers), AuthorizerOverride::Allowed),
                expected,
            ) {
                (Ok(found), Ok(name)) => assert_eq!(found.name, name),
                (Err(found), Err(reason)) => assert!(found.reason.contains(reason), "{found:?}"),
                (found, _) => panic!("{target} {headers}: {:?}", found.map(|a| a.name.clone())),
            }
        }
    }

    #[test]
    fn whether_a_request_may_name_another_than_the_default_is_a_switch() {
        use AuthorizerOverride::{Allowed, Ignored, Refused};
        let named = |name: &str| {
            request(
                "/topics/t",
                &format!("x-amz-customauthorizer-name: {name}\r\n"),
            )
        };
        let rows = [
            (Allowed, Some("A"), "B", Ok("B")),
            (Ignored, Some("A"), "B", Ok("A")),
            (Refused, Some("A"), "B", Err("allowAuthorizerOverride")),
            (Refused, Some("A"), "A", Ok("A")),
            (Ignored, None, "B", Ok("B")),
            (Refused, None, "B", Ok("B")),
        ];
        for (naming, default, name, expected) in rows {
            match (registry(default).resolve(&named(name), naming), expected) {
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
        assert!(matches!(changed, Err(ApiError::Internal(reason)) if reason == "the disk is full"));
        assert!(registry.snapshot().authorizers.contains_key("A"));
    }
}
