//! Pieces of a streamed text: one is recognised by the form of another, without reading the rest of its event.

use kitelogik::value::json::{self, Limits, Reader, Token};
use pyo3::{exceptions::PyValueError, prelude::*, types::PyBytes};

/// What a chunk says besides the text, byte for byte, and where it may vary.
#[pyclass(frozen, module = "kitelogik._native")]
pub(crate) struct Form {
    parts: Vec<Part>,
}

enum Part {
    Bytes(Vec<u8>),
    /// The text, a JSON string
    Text,
    /// A JSON string that says nothing
    Noise,
    /// A whole number from 0
    Number,
}

#[pymethods]
impl Form {
    /// A form in which JSON strings stand for what varies: `text` once, `noise` and `number` perhaps.
    #[new]
    fn new(form: &[u8], text: &str, noise: &str, number: &str) -> PyResult<Self> {
        let mut parts = vec![Part::Bytes(form.to_vec())];
        for (mark, kind) in [(text, Part::Text), (noise, Part::Noise), (number, Part::Number)] {
            let mark = format!("\"{mark}\"");
            let found = parts.iter().enumerate().find_map(|(n, part)| match part {
                Part::Bytes(bytes) => Some((n, memchr::memmem::find(bytes, mark.as_bytes())?)),
                _ => None,
            });
            match found {
                Some((n, at)) => {
                    let Some(Part::Bytes(bytes)) = parts.get_mut(n) else { continue };
                    let rest = bytes.split_off(at).split_off(mark.len());
                    parts.splice(n + 1..n + 1, [kind, Part::Bytes(rest)]);
                }
                None if matches!(kind, Part::Text) => {
                    return Err(PyValueError::new_err("the form has no place for its text"));
                }
                None => {}
            }
        }
        Ok(Self { parts })
    }

    /// The text of a chunk of this form, and how it is written as JSON in ASCII; `None` for any other chunk.
    fn piece<'py>(&self, py: Python<'py>, chunk: &[u8]) -> Option<(String, Bound<'py, PyBytes>)> {
        let (mut rest, mut text) = (chunk, String::new());
        for part in &self.parts {
            rest = match part {
                Part::Bytes(bytes) => rest.strip_prefix(bytes.as_slice())?,
                Part::Text => {
                    let (said, rest) = string(rest)?;
                    text = said;
                    rest
                }
                Part::Noise => string(rest)?.1,
                Part::Number => {
                    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                    (digits > 0).then(|| rest.get(digits..))??
                }
            };
        }
        let mut written = Vec::with_capacity(text.len() + 2);
        json::write_string_ascii(&text, &mut written);
        rest.is_empty().then(|| (text, PyBytes::new(py, &written)))
    }
}

/// A JSON string (RFC 8259, section 7) and what follows it.
fn string(bytes: &[u8]) -> Option<(String, &[u8])> {
    let mut reader = Reader::new(bytes, &Limits::EVENT).ok()?;
    let Token::String(text) = reader.next_token().ok()? else { return None };
    bytes.starts_with(b"\"").then(|| bytes.get(reader.offset()..).map(|rest| (text.into_owned(), rest)))?
}
