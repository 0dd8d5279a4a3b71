//! What an operator says of policies and log, checked.

use std::{fmt, path::PathBuf, sync::Arc};

/// Where a governor's policies and log are.
///
/// ```no_run
/// use kitelogik::{Config, open};
///
/// let opened = open(Config::new(["./policies"], "./audit.jsonl"))?;
/// println!("recorded in {}", opened.config().audit_log.display());
/// # Ok::<(), kitelogik::OpenError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Directories of Rego, loaded as one; at least one
    pub policies: Vec<PathBuf>,
    /// The audit log, a JSONL file
    pub audit_log: PathBuf,
}

impl Config {
    /// These directories and this log.
    pub fn new<P: Into<PathBuf>>(
        policies: impl IntoIterator<Item = P>,
        audit_log: impl Into<PathBuf>,
    ) -> Self {
        Self { policies: policies.into_iter().map(Into::into).collect(), audit_log: audit_log.into() }
    }
}

/// What an operator said cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// No policy directory is named
    NoPolicies,
    /// The program works inside of a policy directory, so that nearly every relative path would name policies
    WorksInPolicies(PathBuf),
    /// A wire name stands in `tool_names` and in `mcp_tools`
    NamedTwice(Arc<str>),
    /// Two places give one key different values
    Contradiction {
        /// The keyword
        keyword: &'static str,
        /// The key
        key: Arc<str>,
        /// Both values
        values: [String; 2],
    },
    /// A value of `mcp_tools` is no `alias.tool`
    McpName {
        /// The key
        wire: Arc<str>,
        /// The value
        name: Arc<str>,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPolicies => f.write_str("no policy directory is named; create one with `kitelogik init`"),
            Self::WorksInPolicies(root) => write!(
                f,
                "the program runs inside of the policy directory {}; move the policies to a folder of their own",
                root.display()
            ),
            Self::NamedTwice(wire) => {
                write!(f, "`{wire}` stands in tool_names and in mcp_tools; keep one of them")
            }
            Self::Contradiction { keyword, key, values: [a, b] } => {
                write!(f, "{keyword} gives `{key}` as `{a}` and as `{b}`; say one of them")
            }
            Self::McpName { wire, name } => write!(
                f,
                "mcp_tools maps `{wire}` to `{name}`; write the server's alias, a dot and the tool, \
                 such as `github.{wire}`"
            ),
        }
    }
}

impl std::error::Error for ConfigError {}
