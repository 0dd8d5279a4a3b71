//! The value type.

use crate::Number;
use std::{fmt, sync::Arc};

/// A JSON value, or a set of values as Rego has them. A clone costs one reference count.
///
/// Build sets and objects with [`Value::set`] and [`Value::object`]: their slices are sorted and distinct,
/// and every lookup relies on it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, exact
    Number(Number),
    /// A string
    String(Arc<str>),
    /// An array
    Array(Arc<[Value]>),
    /// An object: pairs sorted by key, keys distinct. JSON has string keys; Rego allows any.
    Object(Arc<[(Value, Value)]>),
    /// A set: members sorted and distinct
    Set(Arc<[Value]>),
}

/// The type of a [`Value`], in OPA's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
    Set,
}

impl Kind {
    /// The word that Rego's `type_name` gives.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
            Self::Set => "set",
        }
    }
}

impl Value {
    /// An array of these items.
    pub fn array(items: impl IntoIterator<Item = Value>) -> Self {
        Self::Array(items.into_iter().collect())
    }

    /// An object of these pairs; of two with the same key the later one stays.
    pub fn object<K: Into<Value>>(pairs: impl IntoIterator<Item = (K, Value)>) -> Self {
        let mut pairs: Vec<(Value, Value)> = pairs.into_iter().map(|(k, v)| (k.into(), v)).collect();
        if pairs.is_sorted_by(|a, b| cmp_keys(&a.0, &b.0).is_lt()) {
            return Self::Object(pairs.into());
        }
        // Stable, so that the last of equal keys is the later one; `dedup_by` drops its first argument.
        pairs.sort_by(|a, b| cmp_keys(&a.0, &b.0));
        pairs.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        Self::Object(pairs.into())
    }

    /// A set of these members.
    pub fn set(members: impl IntoIterator<Item = Value>) -> Self {
        let mut members: Vec<Value> = members.into_iter().collect();
        members.sort();
        members.dedup();
        Self::Set(members.into())
    }

    /// The type.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Boolean,
            Self::Number(_) => Kind::Number,
            Self::String(_) => Kind::String,
            Self::Array(_) => Kind::Array,
            Self::Object(_) => Kind::Object,
            Self::Set(_) => Kind::Set,
        }
    }

    /// The member of an object under a string key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let pairs = self.as_object()?;
        let at = pairs.binary_search_by(|(k, _)| cmp_key(k, key)).ok()?;
        pairs.get(at).map(|(_, v)| v)
    }

    /// The value at the end of a path of string keys.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The number.
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(n) => Some(n),
            _ => None,
        }
    }

    /// The integer, if the number was written as one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(Number::as_i64)
    }

    /// The string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(s) => Some(s),
            _ => None,
        }
    }

    /// The items of an array.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members of a set, in order.
    pub fn as_set(&self) -> Option<&[Value]> {
        match self {
            Self::Set(members) => Some(members),
            _ => None,
        }
    }

    /// The pairs of an object, in order of their keys.
    pub fn as_object(&self) -> Option<&[(Value, Value)]> {
        match self {
            Self::Object(pairs) => Some(pairs),
            _ => None,
        }
    }
}

/// The order of two keys, which nearly always are strings.
#[inline]
pub(crate) fn cmp_keys(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        _ => a.cmp(b),
    }
}

fn cmp_key(key: &Value, wanted: &str) -> std::cmp::Ordering {
    match key {
        Value::String(s) => (**s).cmp(wanted),
        other => other.kind().cmp(&Kind::String),
    }
}

/// JSON, with sets as arrays; for messages and tests.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::json::to_string(self))
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Number(int.into())
    }
}

impl From<u64> for Value {
    fn from(int: u64) -> Self {
        Self::Number(int.into())
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(s: &str) -> Self {
        Self::String(s.into())
    }
}

impl From<String> for Value {
    fn from(s: String) -> Self {
        Self::String(s.into())
    }
}

impl From<Arc<str>> for Value {
    fn from(s: Arc<str>) -> Self {
        Self::String(s)
    }
}
