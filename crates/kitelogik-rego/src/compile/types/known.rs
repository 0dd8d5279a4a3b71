//! What is known of a value before it is there.

use crate::{builtin::Type, stack::with_room};
use kitelogik_value::{Value, json};
use std::fmt;

/// What is known of a value before it is there.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Known {
    Any,
    Null,
    Boolean,
    Number,
    String,
    /// Exactly these items
    Tuple(Vec<Known>),
    /// Items of one type
    Array(Box<Known>),
    /// Members of one type; none in an empty set
    Set(Option<Box<Known>>),
    /// These members by their key, and others whose keys and values are of a type
    Object(Vec<(Value, Known)>, Option<Box<(Known, Known)>>),
    Union(Vec<Known>),
}

impl From<&Type> for Known {
    fn from(declared: &Type) -> Self {
        let boxed = |inner: &Type| Box::new(Self::from(inner));
        match declared {
            Type::Any => Self::Any,
            Type::Null => Self::Null,
            Type::Boolean => Self::Boolean,
            Type::Number => Self::Number,
            Type::String => Self::String,
            Type::Array(item) => Self::Array(boxed(item)),
            Type::Tuple(items) => Self::Tuple(items.iter().map(Self::from).collect()),
            Type::Set(member) => Self::Set(Some(boxed(member))),
            Type::Object(members, others) => Self::Object(
                members.iter().map(|(name, inner)| (Value::from(*name), Self::from(inner))).collect(),
                others.map(|(key, value)| Box::new((Self::from(key), Self::from(value)))),
            ),
            Type::Union(types) => Self::Union(types.iter().map(Self::from).collect()),
        }
    }
}

impl Known {
    /// The type of a scalar.
    fn of_scalar(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            _ => Self::Any,
        }
    }

    /// One or the other.
    pub(super) fn or(self, other: Self) -> Self {
        let mut all = Vec::new();
        for one in [self, other] {
            match one {
                Self::Any => return Self::Any,
                Self::Union(types) => all.extend(types),
                one => all.push(one),
            }
        }
        let mut types: Vec<Self> = Vec::new();
        for one in all {
            if !types.contains(&one) {
                types.push(one);
            }
        }
        match types.pop() {
            Some(only) if types.is_empty() => only,
            last => Self::Union(types.into_iter().chain(last).collect()),
        }
    }

    /// What two rules of one path give together: sets and open objects become one.
    pub(super) fn merged(self, other: Self) -> Self {
        match (self, other) {
            (Self::Set(a), Self::Set(b)) => Self::Set(either(a, b)),
            (Self::Object(a, Some(x)), Self::Object(b, Some(y))) if a.is_empty() && b.is_empty() => {
                let ((key, value), (other_key, other_value)) = (*x, *y);
                let value = with_room(|| value.merged(other_value));
                Self::Object(a, Some(Box::new((key.or(other_key), value))))
            }
            (a, b) => a.or(b),
        }
    }

    /// True if a part of it is an empty set, of whose members nothing is known.
    pub(super) fn has_gap(&self) -> bool {
        with_room(|| match self {
            Self::Set(None) => true,
            Self::Set(Some(member)) => member.has_gap(),
            Self::Array(item) => item.has_gap(),
            Self::Tuple(types) | Self::Union(types) => types.iter().any(Self::has_gap),
            Self::Object(members, others) => {
                let others = others.as_deref().is_some_and(|(key, value)| key.has_gap() || value.has_gap());
                others || members.iter().any(|(_, value)| value.has_gap())
            }
            _ => false,
        })
    }

    /// True if nothing can be in it.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Tuple(items) => items.is_empty(),
            Self::Set(member) => member.is_none(),
            Self::Object(members, others) => members.is_empty() && others.is_none(),
            _ => false,
        }
    }

    /// What stands under a constant scalar key; `None` where nothing can.
    pub(super) fn select(&self, key: &Value) -> Option<Self> {
        match self {
            Self::Any => Some(Self::Any),
            Self::Tuple(items) => items.get(position(key)?).cloned(),
            Self::Array(item) => position(key).map(|_| (**item).clone()),
            Self::Set(member) => member.as_deref().filter(|m| m.meets(&Self::of_scalar(key))).cloned(),
            Self::Object(members, others) => {
                let member = members.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
                let others = others.as_deref().filter(|(name, _)| name.meets(&Self::of_scalar(key)));
                member.or_else(|| others.map(|(_, value)| value.clone()))
            }
            Self::Union(types) => types.iter().filter_map(|one| one.select(key)).reduce(Self::or),
            _ => None,
        }
    }

    /// What its keys are; `None` of what has none.
    pub(super) fn keys(&self) -> Option<Self> {
        match self {
            Self::Any => Some(Self::Any),
            Self::Tuple(_) | Self::Array(_) => Some(Self::Number),
            Self::Set(member) => member.as_deref().cloned(),
            Self::Object(members, others) => {
                let members = members.iter().map(|(key, _)| Self::of_scalar(key));
                members.chain(others.as_ref().map(|pair| pair.0.clone())).reduce(Self::or)
            }
            Self::Union(types) => types.iter().filter_map(Self::keys).reduce(Self::or),
            _ => None,
        }
    }

    /// What is in it; `None` of what holds nothing.
    pub(super) fn values(&self) -> Option<Self> {
        match self {
            Self::Any => Some(Self::Any),
            Self::Tuple(items) => items.iter().cloned().reduce(Self::or),
            Self::Array(item) => Some((**item).clone()),
            Self::Set(member) => member.as_deref().cloned(),
            Self::Object(members, others) => {
                let members = members.iter().map(|(_, value)| value.clone());
                members.chain(others.as_ref().map(|pair| pair.1.clone())).reduce(Self::or)
            }
            Self::Union(types) => types.iter().filter_map(Self::values).reduce(Self::or),
            _ => None,
        }
    }

    /// True if a value can be of both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        with_room(|| match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::Union(types), other) | (other, Self::Union(types)) => {
                types.iter().any(|one| one.meets(other))
            }
            (Self::Tuple(a), Self::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.meets(b))
            }
            (Self::Tuple(items), Self::Array(item)) | (Self::Array(item), Self::Tuple(items)) => {
                items.iter().all(|one| one.meets(item))
            }
            (Self::Array(a), Self::Array(b)) => a.meets(b),
            (Self::Set(a), Self::Set(b)) => match (a, b) {
                (Some(a), Some(b)) => a.meets(b),
                _ => true,
            },
            (Self::Object(a, a_others), Self::Object(b, b_others)) => {
                let open = a_others.is_some() || b_others.is_some();
                let within =
                    |a: &[(Value, Self)], b: &[(Value, Self)], others: &Option<Box<(Self, Self)>>| {
                        a.iter().all(|(key, value)| match b.iter().find(|(known, _)| known == key) {
                            Some((_, other)) => value.meets(other),
                            None => others.as_ref().map_or(open, |others| value.meets(&others.1)),
                        })
                    };
                let others = match (a_others, b_others) {
                    (Some(a), Some(b)) => a.1.meets(&b.1),
                    _ => true,
                };
                others && within(a, b, b_others) && within(b, a, a_others)
            }
            (a, b) => a == b,
        })
    }
}

fn either(a: Option<Box<Known>>, b: Option<Box<Known>>) -> Option<Box<Known>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(Box::new(a.or(*b))),
        (a, b) => a.or(b),
    }
}

/// The place in an array that a key names.
fn position(key: &Value) -> Option<usize> {
    match key {
        Value::Number(number) => usize::try_from(number.as_i64()?).ok(),
        _ => None,
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, types: &[Self]| -> fmt::Result {
            types.iter().enumerate().try_for_each(|(at, one)| {
                f.write_str(if at > 0 { ", " } else { "" })?;
                write!(f, "{one}")
            })
        };
        with_room(|| match self {
            Self::Any => f.write_str("any"),
            Self::Null => f.write_str("null"),
            Self::Boolean => f.write_str("boolean"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Tuple(items) => {
                f.write_str("array<")?;
                list(f, items)?;
                f.write_str(">")
            }
            Self::Array(item) => write!(f, "array[{item}]"),
            Self::Set(None) => f.write_str("set[]"),
            Self::Set(Some(member)) => write!(f, "set[{member}]"),
            Self::Object(members, others) => {
                f.write_str("object")?;
                if !members.is_empty() {
                    let members = members.iter().map(|(key, value)| match key.as_str() {
                        Some(key) => format!("{key}: {value}"),
                        None => format!("{}: {value}", json::to_string(key)),
                    });
                    write!(f, "<{}>", members.collect::<Vec<_>>().join(", "))?;
                }
                others.as_ref().map_or(Ok(()), |others| write!(f, "[{}: {}]", others.0, others.1))
            }
            Self::Union(types) => {
                f.write_str("any<")?;
                list(f, types)?;
                f.write_str(">")
            }
        })
    }
}
