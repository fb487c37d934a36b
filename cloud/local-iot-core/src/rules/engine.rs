//! Which rules a message is for, and the room that their work may take.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::actions::{self, Work};
use super::message::RuleMessage;
use super::rule::RuleRecord;
use crate::function::invoke::Functions;
use crate::registry::Registry;
use crate::trace::entry::TraceEntry;
use crate::trace::log::Trace;

pub(crate) struct Engine {
    registry: Arc<Registry>,
    functions: Arc<Functions>,
    trace: Arc<Trace>,
    /// Kilobytes of messages. It bounds a rule whose function publishes to the rule itself.
    room: Arc<Semaphore>,
}

impl Engine {
    pub(crate) fn new(
        registry: Arc<Registry>,
        functions: Arc<Functions>,
        trace: Arc<Trace>,
        kilobytes: usize,
    ) -> Self {
        Self {
            registry,
            functions,
            trace,
            room: Arc::new(Semaphore::new(kilobytes)),
        }
    }

    /// For a message that the broker took. Returns a note for each rule that it reaches.
    pub(crate) fn take(&self, message: RuleMessage) -> Vec<String> {
        let rules = self.registry.read(|snapshot| {
            let rules = snapshot.rules.values();
            let reached = rules.filter(|rule| !rule.disabled && rule.matches(&message.topic));
            reached.map(Arc::clone).collect::<Vec<_>>()
        });
        let message = Arc::new(message);
        let mut notes = Vec::new();
        for rule in rules {
            let name = rule.name.clone();
            match self.start(rule, &message) {
                Ok(()) => notes.push(format!("the rule {name} takes it")),
                Err(reason) => {
                    let mut entry = TraceEntry::rule(
                        "RULE",
                        &name,
                        Err(format!("the message is lost to the rule: {reason}")),
                    );
                    entry.topic = Some(message.shown_topic());
                    self.trace.record(entry);
                }
            }
        }
        notes
    }

    /// For a message of Basic Ingest, which goes to the rule that its topic names. Returns a note; an error if it should be
    /// sent again.
    pub(crate) fn ingest(&self, name: &str, message: RuleMessage) -> Result<String, String> {
        let found = self
            .registry
            .read(|snapshot| snapshot.rules.get(name).cloned());
        let missing = match found {
            Some(rule) if rule.disabled => "it is disabled",
            Some(rule) => {
                self.start(rule, &Arc::new(message))?;
                return Ok(format!("Basic Ingest: the rule {name} takes it"));
            }
            None => "there is no rule of that name",
        };
        Ok(format!(
            "RuleNotFound: Basic Ingest goes to the rule {name} alone, and {missing}; AWS accepts it too (over HTTP that is UNCONFIRMED)"
        ))
    }

    fn start(&self, rule: Arc<RuleRecord>, message: &Arc<RuleMessage>) -> Result<(), String> {
        let kilobytes = message.payload.len() / 1024 + 1;
        let room = u32::try_from(kilobytes).ok().and_then(|kilobytes| {
            Arc::clone(&self.room)
                .try_acquire_many_owned(kilobytes)
                .ok()
        });
        let Some(room) = room else {
            return Err("too many messages wait for the functions of rules. Does a function publish what calls it again?".to_owned());
        };
        let work = Work {
            functions: Arc::clone(&self.functions),
            trace: Arc::clone(&self.trace),
            rule,
            message: Arc::clone(message),
            _room: room,
        };
        actions::start(&Arc::new(work));
        Ok(())
    }
}
