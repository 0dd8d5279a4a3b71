//! One question to a Rego engine and its answer, the same for ours and for OPA.

use kitelogik_value::{Value, json};

/// What is asked: modules, documents, a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The policy modules
    pub modules: Vec<Module>,
    /// Base documents, an object
    pub data: Value,
    /// The input document; `None` is undefined
    pub input: Option<Value>,
    /// The input as a Rego term; stands before `input`
    pub input_term: Option<String>,
    /// A Rego v1 query body such as `data.a.p = x`
    pub query: String,
    /// A builtin's error ends the evaluation instead of being undefined
    pub strict_builtin_errors: bool,
}

/// One module.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    /// The file name in messages
    pub path: String,
    /// The source
    pub text: String,
    /// Rego v0 instead of v1
    pub v0: bool,
}

/// What comes back.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Binding sets: each an object of variables. None: undefined.
    Rows(Vec<Value>),
    /// Errors, in the engine's order, at least one
    Failed {
        /// How far it came
        stage: Stage,
        /// Every error
        faults: Vec<Fault>,
    },
}

/// How far a failed question came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// A module does not parse
    Parse,
    /// The modules do not compile
    Compile,
    /// The query does not parse or compile
    Query,
    /// Evaluation ended in an error
    Eval,
}

/// One error; rows and columns count from 1, 0 is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// OPA's code, such as `rego_type_error`
    pub code: String,
    /// The message without its place
    pub message: String,
    /// The module's path
    pub file: String,
    /// Line
    pub row: u64,
    /// Column
    pub col: u64,
}

impl Stage {
    /// The word for it in requests and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Compile => "compile",
            Self::Query => "query",
            Self::Eval => "eval",
        }
    }

    /// The stage of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Parse, Self::Compile, Self::Query, Self::Eval].into_iter().find(|s| s.name() == name)
    }
}

impl Answer {
    /// The distinct error codes, sorted; none for a result.
    pub fn codes(&self) -> Vec<&str> {
        let Self::Failed { faults, .. } = self else { return Vec::new() };
        let mut codes: Vec<&str> = faults.iter().map(|f| f.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}

/// Reads a JSON document that this project or OPA wrote.
pub fn read_json(text: &[u8]) -> anyhow::Result<Value> {
    Ok(json::parse(text, &json::Limits::DATA)?)
}

/// A string member, empty when absent.
pub(crate) fn text_of(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A boolean member, false when absent.
pub(crate) fn flag_of(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or_default()
}
