//! A whole governor from a policy directory and an audit log: the parts, joined.

use crate::{Config, ConfigError, SystemEnv, protected::protected};
use kitelogik_audit::JsonlLog;
use kitelogik_core::{Env as _, Governor, GovernorOptions, SinkError, StoreError};
use kitelogik_model::{DecisionId, Identity, SessionKey};
use kitelogik_policy::{LoadError, Policies};
use kitelogik_store::MemoryStore;
use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

/// Why a governor did not open. Nothing is decided without one.
#[derive(Debug)]
pub enum OpenError {
    /// What the operator said cannot be meant
    Config(ConfigError),
    /// The policies do not load: everything that is wrong with them
    Policies(LoadError),
    /// The audit log cannot be opened, or is no log of this profile
    Log(kitelogik_audit::OpenError),
    /// The working directory, from which relative paths are taken, is gone
    WorkingDirectory(io::Error),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Policies(error) => error.fmt(f),
            Self::Log(error) => error.fmt(f),
            Self::WorkingDirectory(error) => write!(f, "the working directory cannot be read: {error}"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config(error) => Some(error),
            Self::Policies(error) => Some(error),
            Self::Log(error) => Some(error),
            Self::WorkingDirectory(error) => Some(error),
        }
    }
}

/// A governor, its policies, and where they came from. Shared between threads.
pub struct Opened {
    governor: Governor,
    policies: RwLock<Arc<Policies>>,
    /// One reload at a time
    pub(crate) reloading: Mutex<()>,
    config: Config,
    store: Arc<MemoryStore>,
}

/// Opens a governor on policy directories, an audit log and a session store in memory.
pub fn open(mut config: Config) -> Result<Opened, OpenError> {
    if config.policies.is_empty() {
        return Err(OpenError::Config(ConfigError::NoPolicies));
    }
    let base = std::env::current_dir().map_err(OpenError::WorkingDirectory)?;
    // A program that changes its working directory later reloads the same policies.
    config.policies.iter_mut().for_each(|root| *root = base.join(&*root));
    config.audit_log = base.join(&config.audit_log);
    let protected = protected(&config.policies, &config.audit_log, &base).map_err(OpenError::Config)?;
    let policies = Arc::new(Policies::load_all(&config.policies).map_err(OpenError::Policies)?);
    let log = JsonlLog::open(&config.audit_log).map_err(OpenError::Log)?;
    let options = GovernorOptions { protected, base: base.to_string_lossy().into() };
    let store = Arc::new(MemoryStore::default());
    let governor = Governor::new(
        Box::new(SystemEnv),
        Arc::<Policies>::clone(&policies),
        Box::new(Arc::clone(&store)),
        Box::new(log),
        options,
    );
    Ok(Opened { governor, policies: RwLock::new(policies), reloading: Mutex::new(()), config, store })
}

impl Opened {
    /// The policy decision point.
    pub fn governor(&self) -> &Governor {
        &self.governor
    }

    /// Where policies and log are, absolute.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The policies that decide now.
    pub fn policies(&self) -> Arc<Policies> {
        // A panic elsewhere cannot leave an `Arc` half written.
        Arc::clone(&self.policies.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// To be called in a forked child before it decides: the parent's sessions are closed there, since what
    /// they count would count for nobody.
    pub fn forked(&self) {
        self.store.close_all();
    }

    pub(crate) fn swap(
        &self,
        policies: Policies,
        added: &[Arc<str>],
        removed: &[Arc<str>],
    ) -> Result<(), SinkError> {
        let policies = Arc::new(policies);
        let mut current = self.policies.write().unwrap_or_else(PoisonError::into_inner);
        self.governor.reload(Arc::<Policies>::clone(&policies), added, removed)?;
        *current = policies;
        Ok(())
    }

    /// Opens a session under a new id; a child names its parent.
    pub fn session(
        &self,
        identity: &Identity,
        parent: Option<&SessionKey>,
    ) -> Result<SessionKey, StoreError> {
        let at = SystemEnv.now();
        let id = DecisionId::new(at, SystemEnv.entropy()).to_string();
        self.governor.store().open(&id, identity, parent, at)
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("config", &self.config).finish_non_exhaustive()
    }
}
