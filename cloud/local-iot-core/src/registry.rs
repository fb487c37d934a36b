//! The authorizers that exist, and which of them a request is for (Developer Guide, "Custom authentication and
//! authorization").

use crate::authorizer::Authorizer;
use crate::credentials;
use crate::http::Request;

pub(crate) struct Registry {
    authorizers: Vec<Authorizer>,
    default: Option<String>,
}

/// Why no authorizer could be asked, and the name at fault.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unresolved {
    pub(crate) name: Option<String>,
    pub(crate) reason: String,
}

impl Registry {
    pub(crate) fn new(
        authorizers: Vec<Authorizer>,
        default: Option<String>,
    ) -> Result<Self, String> {
        for (index, authorizer) in authorizers.iter().enumerate() {
            authorizer.check()?;
            if authorizers[..index]
                .iter()
                .any(|other| other.name == authorizer.name)
            {
                return Err(format!("authorizer {}: the name is taken", authorizer.name));
            }
        }
        if let Some(name) = &default
            && !authorizers.iter().any(|a| a.name == *name)
        {
            return Err(format!(
                "default authorizer {name:?}: there is none of that name"
            ));
        }
        Ok(Self {
            authorizers,
            default,
        })
    }

    /// The one that the request names, in its header before its query, or else the default.
    pub(crate) fn resolve(&self, request: &Request) -> Result<&Authorizer, Unresolved> {
        let named = credentials::find(request, credentials::AUTHORIZER_NAME);
        let name = match named {
            Some(found) => found
                .text()
                .map_err(|reason| Unresolved { name: None, reason })?,
            None => self.default.clone().ok_or_else(|| Unresolved {
                name: None,
                reason: format!(
                    "the request names no authorizer ({}) and there is no default",
                    credentials::AUTHORIZER_NAME
                ),
            })?,
        };
        let unresolved = |reason: &str| Unresolved {
            name: Some(name.clone()),
            reason: reason.to_owned(),
        };
        let found = self
            .authorizers
            .iter()
            .find(|a| a.name == name)
            .ok_or_else(|| {
                match self
                    .authorizers
                    .iter()
                    .find(|a| a.name.eq_ignore_ascii_case(&name))
                {
                    Some(near) => unresolved(&format!(
                        "no authorizer of that name: names are case-sensitive, and {} exists",
                        near.name
                    )),
                    None => unresolved("no authorizer of that name"),
                }
            })?;
        if !found.active {
            return Err(unresolved("the authorizer is INACTIVE"));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::sync::Arc;

    fn authorizer(name: &str) -> Authorizer {
        Authorizer::unsigned(name, "token", Arc::new(|_| Ok(Value::Null)))
    }

    fn registry(default: Option<&str>) -> Registry {
        let sleeping = Authorizer {
            active: false,
            ..authorizer("sleeping")
        };
        let all = vec![
            authorizer("A"),
            authorizer("B"),
            authorizer("we=ird,@x"),
            sleeping,
        ];
        Registry::new(all, default.map(str::to_owned)).unwrap()
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
            match (registry.resolve(&request(target, headers)), expected) {
                (Ok(found), Ok(name)) => assert_eq!(found.name, name),
                (Err(found), Err(reason)) => assert!(found.reason.contains(reason), "{found:?}"),
                (found, _) => panic!("{target} {headers}: {:?}", found.map(|a| &a.name)),
            }
        }
    }

    #[test]
    fn a_registry_that_aws_would_not_hold_is_refused() {
        let rows = [
            (vec![authorizer("a b")], None, "letters, digits"),
            (vec![authorizer("")], None, "letters, digits"),
            (vec![authorizer("A"), authorizer("A")], None, "taken"),
            (vec![authorizer("A")], Some("B"), "none of that name"),
            (
                vec![Authorizer {
                    token_key_name: Some("a b".to_owned()),
                    ..authorizer("A")
                }],
                None,
                "token key name",
            ),
            (
                vec![Authorizer {
                    signing_disabled: false,
                    ..authorizer("A")
                }],
                None,
                "signing needs",
            ),
        ];
        for (authorizers, default, expected) in rows {
            let error = Registry::new(authorizers, default.map(str::to_owned))
                .err()
                .unwrap();
            assert!(error.contains(expected), "{error}");
        }
    }
}
