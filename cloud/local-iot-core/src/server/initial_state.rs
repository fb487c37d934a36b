//! What exists when the ports open: authorizers, functions and retained messages.

use std::sync::Arc;
use std::time::SystemTime;

use crate::authorizers::authorizer::{Authorizer, Decider};
use crate::authorizers::record::AuthorizerRecord;
use crate::broker::state_file::{RetainedMessage, StateFile};
use crate::config::{Config, EXAMPLE_FUNCTION};
use crate::function::arn;
use crate::function::definition::Function;
use crate::registry::{Registry, Save, Snapshot};

/// What exists at the start: of the state file and of the configuration.
pub(super) struct InitialState {
    pub(super) registry: Registry,
    pub(super) retained: Vec<RetainedMessage>,
    pub(super) state: Option<Arc<StateFile>>,
}

impl InitialState {
    pub(super) fn load(config: &mut Config) -> Result<Self, String> {
        if config
            .functions
            .iter()
            .all(|f| f.name() != EXAMPLE_FUNCTION)
        {
            let example = config.example_function();
            config
                .functions
                .push(Function::in_process(EXAMPLE_FUNCTION, example));
        }
        let (state, loaded) = match &mut config.state {
            Some(path) => {
                let (state, loaded) = StateFile::open(path)?;
                // The CA is kept next to the file itself.
                state.path().clone_into(path);
                (Some(Arc::new(state)), loaded)
            }
            None => (None, None),
        };
        let is_free = || {
            let mut names = config.authorizers.iter().map(|a| &a.name);
            names.all(|name| name != EXAMPLE_AUTHORIZER)
        };
        if config.unsigned_authorizer && loaded.is_none() && is_free() {
            let example = Decider::Function(EXAMPLE_FUNCTION.to_owned());
            config
                .authorizers
                .push(Authorizer::new(EXAMPLE_AUTHORIZER, "token", example));
        }
        let (mut snapshot, retained) = loaded.map_or_else(Default::default, |loaded| {
            (loaded.snapshot, loaded.retained)
        });
        let mut named = Snapshot::default();
        for authorizer in config.authorizers.clone() {
            let authorizer = registered(authorizer, config);
            if named.authorizers.contains_key(&authorizer.name) {
                return Err(format!("authorizer {}: the name is taken", authorizer.name));
            }
            named.add(authorizer);
        }
        snapshot.authorizers.append(&mut named.authorizers);
        if config.default_authorizer.is_some() {
            snapshot.default.clone_from(&config.default_authorizer);
        }
        let save = state
            .clone()
            .map(|state| -> Save { Box::new(move |snapshot| state.save_account(snapshot)) });
        let registry = Registry::new(snapshot.clone(), save)?;
        if let Some(state) = &state {
            state.save_account(&snapshot)?;
        }
        Ok(Self {
            registry,
            retained,
            state,
        })
    }
}

/// Asks the example function.
const EXAMPLE_AUTHORIZER: &str = "unsignedAuthorizer";

/// A function that an authorizer has for itself gets a name and an ARN as well, so that the control plane can show it.
fn registered(authorizer: Authorizer, config: &mut Config) -> AuthorizerRecord {
    let function = match authorizer.function {
        Decider::Function(name) => name,
        Decider::InProcess(function) => {
            let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
            let stem: String = authorizer.name.chars().map(plain).take(60).collect();
            let taken = |name: &String| config.functions.iter().any(|f| f.name() == name.as_str());
            let name = (1..)
                .map(|n| {
                    if n == 1 {
                        stem.clone()
                    } else {
                        format!("{stem}-{n}")
                    }
                })
                .find(|name| !taken(name))
                .unwrap_or(stem);
            config.functions.push(Function::in_process(&name, function));
            name
        }
    };
    let now = SystemTime::now();
    AuthorizerRecord {
        name: authorizer.name,
        function_arn: arn::prefix(&config.region, &config.account) + &function,
        token_key_name: authorizer.token_key_name,
        signing_disabled: authorizer.signing_disabled,
        public_keys: authorizer.public_keys,
        active: authorizer.active,
        caching_for_http: authorizer.caching_for_http,
        created: now,
        modified: now,
    }
}
