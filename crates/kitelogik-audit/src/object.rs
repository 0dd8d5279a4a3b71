//! A JSON object written key by key, in the order given.

use kitelogik_value::{Value, json};

/// Appends one object to a buffer.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// Writes a key of [`crate::LINES`]; the value must follow.
    pub(crate) fn key(&mut self, key: &'static str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        // The columns are plain words: nothing in them needs an escape.
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    pub(crate) fn text(&mut self, key: &'static str, text: &str) {
        json::write_string_ascii(text, self.key(key));
    }

    pub(crate) fn text_if(&mut self, key: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    pub(crate) fn value(&mut self, key: &'static str, value: &Value) {
        json::write_ascii(value, self.key(key));
    }

    /// The value under `key` if its text is no longer than `most` bytes, else its size under `omitted`.
    pub(crate) fn value_within(
        &mut self,
        key: &'static str,
        value: &Value,
        most: usize,
        omitted: &'static str,
    ) {
        let (before, empty) = (self.out.len(), self.empty);
        let out = self.key(key);
        let start = out.len();
        json::write_ascii(value, out);
        let bytes = out.len() - start;
        if bytes > most {
            out.truncate(before);
            self.empty = empty;
            self.object(omitted, |o| o.number("bytes", bytes as u64));
        }
    }

    pub(crate) fn value_if(&mut self, key: &'static str, value: Option<&Value>) {
        if let Some(value) = value {
            self.value(key, value);
        }
    }

    pub(crate) fn number(&mut self, key: &'static str, number: u64) {
        json::write_whole(number, self.key(key));
    }

    pub(crate) fn flag(&mut self, key: &'static str, flag: bool) {
        let out = self.key(key);
        out.extend_from_slice(if flag { b"true" } else { b"false" });
    }

    pub(crate) fn texts<S: AsRef<str>>(&mut self, key: &'static str, items: impl IntoIterator<Item = S>) {
        let out = self.key(key);
        out.push(b'[');
        for (i, item) in items.into_iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            json::write_string_ascii(item.as_ref(), out);
        }
        out.push(b']');
    }

    /// A nested object.
    pub(crate) fn object(&mut self, key: &'static str, fill: impl FnOnce(&mut Object<'_>)) {
        let mut nested = Object::open(self.key(key));
        fill(&mut nested);
        nested.close();
    }

    /// A list of objects.
    pub(crate) fn objects<T>(&mut self, key: &'static str, items: &[T], fill: impl Fn(&mut Object<'_>, &T)) {
        let out = self.key(key);
        out.push(b'[');
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            let mut nested = Object::open(out);
            fill(&mut nested, item);
            nested.close();
        }
        out.push(b']');
    }

    pub(crate) fn close(self) {
        self.out.push(b'}');
    }
}
