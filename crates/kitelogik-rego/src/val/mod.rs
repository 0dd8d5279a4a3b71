//! Values while evaluating: `Copy` views over owned values, program constants and the arena. No reference
//! count is touched, so threads that evaluate one program share nothing.

mod order;
mod quote;
mod view;
mod write;

pub(crate) use quote::{is_printable, quoted};
pub use view::{Array, Object, Set};

use crate::{InputRoots, arena::Arena, failure::Limit, stack::with_room};
use kitelogik_value::{Kind, MAX_DEPTH, Number, Value};
use smallvec::SmallVec;

/// A value of Rego while it is evaluated. Equality and order are OPA's, numbers compare by value.
#[derive(Clone, Copy, Default)]
pub enum Val<'a> {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number that is an integer and was written as one
    Int(i64),
    /// Any other number, as its literal of the JSON grammar
    Num(&'a str),
    /// A string
    Str(&'a str),
    /// An array
    Array(Array<'a>),
    /// An object
    Object(Object<'a>),
    /// A set
    Set(Set<'a>),
}

impl<'a> Val<'a> {
    /// Looks at an owned value.
    #[inline]
    pub fn from_value(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(b) => Self::Bool(*b),
            Value::Number(n) => match n.as_i64() {
                Some(int) => Self::Int(int),
                None => Self::Num(n.as_text().unwrap_or_default()),
            },
            Value::String(s) => Self::Str(s),
            Value::Array(items) => Self::Array(Array::owned(items)),
            Value::Object(pairs) => Self::Object(Object::owned(pairs)),
            Value::Set(members) => Self::Set(Set::owned(members)),
        }
    }

    /// An array over arena items.
    pub fn of_items(items: &'a [Val<'a>]) -> Self {
        Self::Array(Array::arena(items))
    }

    pub(crate) fn of_members(sorted: &'a [Val<'a>]) -> Self {
        Self::Set(Set::arena(sorted))
    }

    pub(crate) fn of_pairs(sorted: &'a [(Val<'a>, Val<'a>)]) -> Self {
        Self::Object(Object::arena(sorted))
    }

    pub(crate) fn of_roots(roots: &'a dyn InputRoots) -> Self {
        Self::Object(Object::roots(roots))
    }

    /// The empty object.
    pub const EMPTY_OBJECT: Self = Self::Object(Object::EMPTY);
    /// The empty set.
    pub const EMPTY_SET: Self = Self::Set(Set::EMPTY);

    /// The type.
    pub fn kind(self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Boolean,
            Self::Int(_) | Self::Num(_) => Kind::Number,
            Self::Str(_) => Kind::String,
            Self::Array(_) => Kind::Array,
            Self::Object(_) => Kind::Object,
            Self::Set(_) => Kind::Set,
        }
    }

    /// The string.
    pub fn as_str(self) -> Option<&'a str> {
        if let Self::Str(s) = self { Some(s) } else { None }
    }

    /// The boolean.
    pub fn as_bool(self) -> Option<bool> {
        if let Self::Bool(b) = self { Some(b) } else { None }
    }

    /// The integer, also where it is written `2.0` or `1e3`, if it fits.
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(int),
            Self::Num(text) => integer_of(text),
            _ => None,
        }
    }

    /// The array.
    pub fn as_array(self) -> Option<Array<'a>> {
        if let Self::Array(array) = self { Some(array) } else { None }
    }

    /// The object.
    pub fn as_object(self) -> Option<Object<'a>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The set.
    pub fn as_set(self) -> Option<Set<'a>> {
        if let Self::Set(set) = self { Some(set) } else { None }
    }

    /// The number's literal; integers are formatted into the buffer.
    pub fn number_text<'b>(self, buffer: &'b mut itoa::Buffer) -> Option<&'b str>
    where
        'a: 'b,
    {
        match self {
            Self::Int(int) => Some(buffer.format(int)),
            Self::Num(text) => Some(text),
            _ => None,
        }
    }

    /// True for everything but `false`; what a bare expression asks.
    pub fn is_truthy(self) -> bool {
        !matches!(self, Self::Bool(false))
    }

    /// The member that a reference `self[key]` names: an object's value, an array's item, a set's member.
    #[inline]
    pub fn get(self, key: Val<'_>) -> Option<Val<'a>> {
        match self {
            Self::Object(object) => object.get(key),
            Self::Array(array) => array.get(usize::try_from(key.as_i64()?).ok()?),
            Self::Set(set) => set.find(key),
            _ => None,
        }
    }

    /// The same for a key that the program has.
    #[inline]
    pub(crate) fn member(self, key: &Value) -> Option<Val<'a>> {
        match (self, key) {
            (Self::Object(object), Value::String(key)) => object.get_str(key),
            _ => self.get(Val::from_value(key)),
        }
    }

    /// The value of an object under a string key.
    pub fn get_str(self, key: &str) -> Option<Val<'a>> {
        self.as_object()?.get_str(key)
    }

    /// Copies into an owned value. Fails with [`Limit::Depth`] below 2,000 levels.
    pub fn to_value(self) -> Result<Value, Limit> {
        self.to_value_at(MAX_DEPTH)
    }

    fn to_value_at(self, depth: usize) -> Result<Value, Limit> {
        with_room(|| self.copy_out(depth))
    }

    fn copy_out(self, depth: usize) -> Result<Value, Limit> {
        let deeper = || depth.checked_sub(1).ok_or(Limit::Depth);
        Ok(match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(b),
            Self::Int(int) => Value::from(int),
            Self::Num(text) => Number::parse(text).map_or(Value::Null, Value::Number),
            Self::Str(s) => Value::from(s),
            Self::Array(array) => match array.whole() {
                Some(items) => {
                    let next = deeper()?;
                    // A whole owned value is never too deep; within another one it may be.
                    if depth < MAX_DEPTH && !items.iter().all(|item| fits(item, next)) {
                        return Err(Limit::Depth);
                    }
                    Value::Array(items.into())
                }
                None => {
                    let next = deeper()?;
                    let items: Result<Vec<Value>, Limit> =
                        array.iter().map(|v| v.to_value_at(next)).collect();
                    Value::Array(items?.into())
                }
            },
            Self::Set(set) => {
                let next = deeper()?;
                let items: Result<Vec<Value>, Limit> = set.iter().map(|v| v.to_value_at(next)).collect();
                Value::Set(items?.into())
            }
            Self::Object(object) => {
                let next = deeper()?;
                let pairs: Result<Vec<(Value, Value)>, Limit> =
                    object.iter().map(|(k, v)| Ok((k.to_value_at(next)?, v.to_value_at(next)?))).collect();
                Value::Object(pairs?.into())
            }
        })
    }
}

/// True if a value nests no deeper.
fn fits(value: &Value, depth: usize) -> bool {
    let within = |value: &Value| depth.checked_sub(1).is_some_and(|next| with_room(|| fits(value, next)));
    match value {
        Value::Array(items) | Value::Set(items) => depth > 0 && items.iter().all(within),
        Value::Object(pairs) => depth > 0 && pairs.iter().all(|(key, value)| within(key) && within(value)),
        _ => true,
    }
}

impl From<bool> for Val<'_> {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<i64> for Val<'_> {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

/// An integer literal without fraction and exponent that fits.
pub(crate) fn parse_int(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.len() < 20 && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// The integer that a literal with fraction or exponent amounts to, if it is one and fits.
fn integer_of(text: &str) -> Option<i64> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let near = text.parse::<f64>().ok()?;
    if !(-9.3e18..9.3e18).contains(&near) {
        return None;
    }
    // The double can be off by rounding: look at the integers around it.
    let guess = near as i64;
    let (mut low, mut high) = (guess.saturating_sub(2_048), guess.saturating_add(2_048));
    while low <= high {
        let middle = low + (high - low) / 2;
        match Number::cmp_text(itoa::Buffer::new().format(middle), text) {
            Equal => return Some(middle),
            Less => low = middle.checked_add(1)?,
            Greater => high = middle.checked_sub(1)?,
        }
    }
    None
}

/// Reads a JSON document into the arena.
pub(crate) fn from_json<'a>(
    arena: &'a Arena,
    bytes: &'a [u8],
    limits: &kitelogik_value::json::Limits,
) -> Result<Val<'a>, crate::Failure> {
    use kitelogik_value::json::{ErrorKind, Reader, Token};
    use std::borrow::Cow;
    /// A collection that has begun, and where what it holds begins.
    enum Open<'a> {
        Array { from: usize },
        Object { from: usize, key: Val<'a> },
    }
    let text = |s: Cow<'a, str>| match s {
        Cow::Borrowed(s) => Ok(Val::Str(s)),
        Cow::Owned(s) => arena.string(&s),
    };
    let input = crate::Failure::Input;
    let mut reader = Reader::new(bytes, limits).map_err(input)?;
    let mut open: SmallVec<[Open<'a>; 8]> = SmallVec::new();
    // What the open collections hold so far, each behind what its own collection holds.
    let mut items: Vec<Val<'a>> = Vec::new();
    let mut pairs: Vec<(Val<'a>, Val<'a>)> = Vec::with_capacity(32);
    loop {
        let value = match reader.next_token().map_err(input)? {
            Token::Null => Val::Null,
            Token::Bool(b) => Val::Bool(b),
            Token::Number(literal) => match parse_int(literal) {
                Some(int) => Val::Int(int),
                None if Number::parse(literal).is_some() => Val::Num(literal),
                None => return Err(input(reader.error(ErrorKind::BadNumber))),
            },
            Token::String(s) => text(s)?,
            Token::Key(name) => {
                if let Some(Open::Object { key, .. }) = open.last_mut() {
                    *key = text(name)?;
                }
                continue;
            }
            Token::ArrayStart => {
                open.push(Open::Array { from: items.len() });
                continue;
            }
            Token::ObjectStart => {
                open.push(Open::Object { from: pairs.len(), key: Val::Null });
                continue;
            }
            Token::ArrayEnd | Token::ObjectEnd => match open.pop() {
                Some(Open::Array { from }) => {
                    let array = arena.array(items.get(from..).unwrap_or_default())?;
                    items.truncate(from);
                    array
                }
                Some(Open::Object { from, .. }) => {
                    let own = pairs.get_mut(from..).unwrap_or_default();
                    let count = own.len();
                    let object = arena.object_of(own)?;
                    pairs.truncate(from);
                    if object.as_object().map(Object::len) != Some(count) {
                        // The reader of values names the key; here it costs nothing where all is well.
                        let named = kitelogik_value::json::parse(bytes, limits).err();
                        let unnamed = || reader.error(ErrorKind::DuplicateKey(String::new()));
                        return Err(input(named.unwrap_or_else(unnamed)));
                    }
                    object
                }
                None => return Err(input(reader.error(ErrorKind::Expected("a value")))),
            },
            Token::End => return Err(input(reader.error(ErrorKind::Expected("a value")))),
        };
        match open.last_mut() {
            Some(Open::Array { .. }) => items.push(value),
            Some(Open::Object { key, .. }) => pairs.push((std::mem::take(key), value)),
            None => {
                return match reader.next_token().map_err(input)? {
                    Token::End => Ok(value),
                    _ => Err(input(reader.error(ErrorKind::Expected("nothing after the value")))),
                };
            }
        }
    }
}
