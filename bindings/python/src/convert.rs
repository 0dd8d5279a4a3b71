//! Python values to exact values and back. What has no JSON form is refused with the key it stands under.

use kitelogik::value::{Number, Value, json};
use pyo3::{
    prelude::*,
    types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple},
};
use std::fmt;

/// Bounds of one event (design, section 5), `args` counted from the argument object.
const MAX_DEPTH: usize = 64;
const MAX_BYTES: usize = 1 << 20;

/// Why a Python value is no JSON.
#[derive(Debug)]
pub(crate) enum NotJson {
    /// A type without a JSON form, or what its form said
    Type(String),
    /// Nested too deep
    Depth,
    /// Too large
    Size,
    /// A string with a lone surrogate, which UTF-8 cannot say
    Surrogate,
    /// NaN or an infinity
    Float,
    /// An object key that is no string
    Key,
}

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(what) => f.write_str(what),
            Self::Depth => write!(f, "nested over {MAX_DEPTH} levels"),
            Self::Size => write!(f, "over {MAX_BYTES} bytes"),
            Self::Surrogate => f.write_str("a lone surrogate in a string"),
            Self::Float => f.write_str("NaN and infinities are no JSON numbers"),
            Self::Key => f.write_str("an object whose keys are not all strings"),
        }
    }
}

/// Reads Python values. `form` gives the JSON form of what is no JSON type, or raises `ValueError`.
pub(crate) struct FromPython<'a, 'py> {
    form: &'a Bound<'py, PyAny>,
    /// What has been read, as compact JSON; a double key that is written over counts twice
    bytes: usize,
}

impl<'a, 'py> FromPython<'a, 'py> {
    pub(crate) fn new(form: &'a Bound<'py, PyAny>) -> Self {
        Self { form, bytes: 0 }
    }

    /// A value of at most 64 levels.
    pub(crate) fn value(&mut self, given: &Bound<'py, PyAny>) -> Result<Value, NotJson> {
        self.at(given, MAX_DEPTH)
    }

    /// A value within an object that was counted as the first level.
    pub(crate) fn nested(&mut self, given: &Bound<'py, PyAny>) -> Result<Value, NotJson> {
        self.at(given, MAX_DEPTH - 1)
    }

    fn at(&mut self, given: &Bound<'py, PyAny>, depth: usize) -> Result<Value, NotJson> {
        if let Ok(text) = given.cast::<PyString>() {
            return Ok(self.text(text)?.into());
        }
        if given.is_none() {
            return self.scalar(Value::Null);
        }
        if let Ok(boolean) = given.cast::<PyBool>() {
            return self.scalar(boolean.is_true().into());
        }
        if let Ok(int) = given.cast::<PyInt>() {
            let value = int_value(int)?;
            return self.scalar(value);
        }
        if let Ok(float) = given.cast::<PyFloat>() {
            return self.scalar(Number::from_f64(float.value()).ok_or(NotJson::Float)?.into());
        }
        let depth = depth.checked_sub(1).ok_or(NotJson::Depth)?;
        if let Ok(dict) = given.cast::<PyDict>() {
            return self.object(dict, depth);
        }
        if let Ok(list) = given.cast::<PyList>() {
            self.brackets(list.len())?;
            return list
                .iter()
                .map(|item| self.at(&item, depth))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::array);
        }
        if let Ok(tuple) = given.cast::<PyTuple>() {
            self.brackets(tuple.len())?;
            return tuple
                .iter()
                .map(|item| self.at(&item, depth))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::array);
        }
        let formed =
            self.form.call1((given,)).map_err(|error| NotJson::Type(error.value(given.py()).to_string()))?;
        self.at(&formed, depth)
    }

    fn object(&mut self, dict: &Bound<'py, PyDict>, depth: usize) -> Result<Value, NotJson> {
        self.brackets(dict.len())?;
        let mut pairs: Vec<(Value, Value)> = Vec::with_capacity(dict.len());
        for (key, value) in dict.iter() {
            let key = key.cast_into::<PyString>().map_err(|_| NotJson::Key)?;
            pairs.push((self.key(&key)?.into(), self.at(&value, depth)?));
        }
        Ok(Value::object(pairs))
    }

    fn text<'t>(&mut self, text: &'t Bound<'py, PyString>) -> Result<&'t str, NotJson> {
        let text = text.to_str().map_err(|_| NotJson::Surrogate)?;
        // What has many bytes has no fewer as JSON, and need not be looked through.
        self.spend(if text.len() > MAX_BYTES { text.len() } else { json::string_len(text) })?;
        Ok(text)
    }

    /// A key of an object, with its colon.
    pub(crate) fn key<'t>(&mut self, key: &'t Bound<'py, PyString>) -> Result<&'t str, NotJson> {
        self.spend(1)?;
        self.text(key)
    }

    /// The brackets and commas around as many members or items.
    pub(crate) fn brackets(&mut self, count: usize) -> Result<(), NotJson> {
        self.spend(2 + count.saturating_sub(1))
    }

    fn scalar(&mut self, value: Value) -> Result<Value, NotJson> {
        self.spend(json::written_len(&value))?;
        Ok(value)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), NotJson> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_BYTES { Err(NotJson::Size) } else { Ok(()) }
    }
}

fn int_value(int: &Bound<'_, PyInt>) -> Result<Value, NotJson> {
    if let Ok(small) = int.extract::<i64>() {
        return Ok(small.into());
    }
    // Python bounds the digits that it prints; what lies beyond is no number for a policy.
    let digits = int.call_method0("__repr__").and_then(|text| text.extract::<String>());
    let digits = digits.map_err(|error| NotJson::Type(error.value(int.py()).to_string()))?;
    Number::parse(&digits).map(Value::from).ok_or_else(|| NotJson::Type("no JSON number".into()))
}

/// The Python form of a value. Numbers that are no `int` of Python's become `float` where that is exact, else
/// `decimal.Decimal`. Recursion is bounded by what was read: 64 levels, or an obligation's.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(boolean) => PyBool::new(py, *boolean).to_owned().into_any(),
        Value::Number(number) => number_to_python(py, number)?,
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(items) | Value::Set(items) => {
            let list = PyList::empty(py);
            for item in items.iter() {
                list.append(to_python(py, item)?)?;
            }
            list.into_any()
        }
        Value::Object(pairs) => {
            let dict = PyDict::new(py);
            for (key, value) in pairs.iter() {
                dict.set_item(to_python(py, key)?, to_python(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

fn number_to_python<'py>(py: Python<'py>, number: &Number) -> PyResult<Bound<'py, PyAny>> {
    let Some(text) = number.as_text() else {
        return Ok(number.as_i64().unwrap_or_default().into_pyobject(py)?.into_any());
    };
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return py.get_type::<PyInt>().call1((text,));
    }
    let float = number.to_f64();
    if Number::from_f64(float).is_some_and(|same| same == *number) {
        return Ok(PyFloat::new(py, float).into_any());
    }
    py.import("decimal")?.getattr("Decimal")?.call1((text,))
}
