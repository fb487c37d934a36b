//! Policies that authorizer functions returned, kept for one connection (`enableCachingForHttp`, Developer Guide, "Creating and
//! managing custom authorizers").

use std::sync::Arc;
use std::time::Instant;

use crate::authorizers::record::AuthorizerRecord;
use crate::authorizers::response::GrantedPolicy;
use crate::behaviour::CachedResponse;

/// One connection's; a gateway may speak for several devices on it, but not for any number of them.
const MOST: usize = 64;

#[derive(Default)]
pub(crate) struct Cache {
    policies: Vec<CachedPolicy>,
}

/// No `Debug`: it holds credentials.
struct CachedPolicy {
    authorizer: Arc<AuthorizerRecord>,
    credentials: Vec<String>,
    policy: Arc<GrantedPolicy>,
    until: Instant,
}

impl Cache {
    pub(crate) fn find(
        &self,
        authorizer: &Arc<AuthorizerRecord>,
        credentials: &[String],
        rule: CachedResponse,
        now: Instant,
    ) -> Option<Arc<GrantedPolicy>> {
        let found = self.policies.iter().find(|cached| {
            // An authorizer that was changed meanwhile is another one.
            Arc::ptr_eq(&cached.authorizer, authorizer)
                && (rule == CachedResponse::SameConnection || cached.credentials == credentials)
                && now < cached.until
        });
        found.map(|cached| Arc::clone(&cached.policy))
    }

    pub(crate) fn keep(
        &mut self,
        authorizer: &Arc<AuthorizerRecord>,
        credentials: Vec<String>,
        policy: &Arc<GrantedPolicy>,
        until: Instant,
    ) {
        self.policies.retain(|cached| {
            cached.credentials != credentials || cached.authorizer.name != authorizer.name
        });
        if self.policies.len() == MOST {
            self.policies.remove(0);
        }
        self.policies.push(CachedPolicy {
            authorizer: Arc::clone(authorizer),
            credentials,
            policy: Arc::clone(policy),
            until,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorizers::record::tests::authorizer;
    use crate::trace::redact::Secrets;
    use motepost_contract::policy::Policy;
    use std::time::Duration;

    fn policy() -> Arc<GrantedPolicy> {
        let policy = Policy::parse(&[], [127, 0, 0, 1].into()).unwrap();
        Arc::new(GrantedPolicy::new(policy, Secrets::default()))
    }

    fn secret(text: &str) -> Vec<String> {
        vec![text.to_owned()]
    }

    #[test]
    fn a_response_counts_until_its_time_is_over() {
        let (mut cache, a, now) = (Cache::default(), Arc::new(authorizer("A")), Instant::now());
        let until = now + Duration::from_secs(300);
        cache.keep(&a, secret("x"), &policy(), until);
        let found = |now| cache.find(&a, &secret("x"), CachedResponse::SameCredentials, now);
        assert!(found(now).is_some());
        assert!(found(until - Duration::from_nanos(1)).is_some());
        assert!(found(until).is_none());
    }

    #[test]
    fn for_whom_it_counts_is_a_switch() {
        let (mut cache, a, now) = (Cache::default(), Arc::new(authorizer("A")), Instant::now());
        cache.keep(&a, secret("x"), &policy(), now + Duration::from_secs(300));
        let rows = [
            (CachedResponse::SameCredentials, "x", true),
            (CachedResponse::SameCredentials, "y", false),
            (CachedResponse::SameConnection, "y", true),
        ];
        for (rule, token, expected) in rows {
            let found = cache.find(&a, &secret(token), rule, now);
            assert_eq!(found.is_some(), expected, "{rule:?} {token}");
        }
        let other = Arc::new(authorizer("B"));
        assert!(
            cache
                .find(&other, &secret("x"), CachedResponse::SameConnection, now)
                .is_none()
        );
    }

    #[test]
    fn an_authorizer_that_was_changed_is_asked_again() {
        let (mut cache, a, now) = (Cache::default(), Arc::new(authorizer("A")), Instant::now());
        cache.keep(&a, secret("x"), &policy(), now + Duration::from_secs(300));
        let changed = Arc::new(AuthorizerRecord::clone(&a));
        assert!(
            cache
                .find(&changed, &secret("x"), CachedResponse::SameCredentials, now)
                .is_none()
        );
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let (mut cache, a, now) = (Cache::default(), Arc::new(authorizer("A")), Instant::now());
        for n in 0..2 * MOST {
            cache.keep(&a, secret(&n.to_string()), &policy(), now);
        }
        assert_eq!(cache.policies.len(), MOST);
    }
}
