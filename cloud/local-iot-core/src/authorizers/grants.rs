//! What functions granted last, by principal: the policies that `test-authorization` is asked about.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::response::Grant;

const MOST: usize = 1000;

#[derive(Default)]
pub(crate) struct Grants(Mutex<VecDeque<(String, Vec<String>)>>);

impl Grants {
    /// In place of what the principal had; the oldest are forgotten.
    pub(crate) fn keep(&self, grant: &Grant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(principal, _)| *principal != grant.principal);
        if all.len() == MOST {
            all.pop_front();
        }
        all.push_back((grant.principal.clone(), grant.documents.clone()));
    }

    /// The policy documents, as JSON.
    pub(crate) fn documents(&self, principal: &str) -> Option<Vec<String>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.iter().find(|(name, _)| name == principal);
        found.map(|(_, documents)| documents.clone())
    }
}
