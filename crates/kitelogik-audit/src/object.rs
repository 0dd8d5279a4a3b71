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

    /// Writes a key; the value must follow.
    pub(crate) fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        json::write_string(key, self.out);
        self.out.push(b':');
        self.out
    }

    pub(crate) fn text(&mut self, key: &str, text: &str) {
        json::write_string_ascii(text, self.key(key));
    }

    pub(crate) fn text_if(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    pub(crate) fn value(&mut self, key: &str, value: &Value) {
        json::write_ascii(value, self.key(key));
    }

    pub(crate) fn value_if(&mut self, key: &str, value: Option<&Value>) {
        if let Some(value) = value {
            self.value(key, value);
        }
    }

    pub(crate) fn number(&mut self, key: &str, number: u64) {
        let out = self.key(key);
        out.extend(number.to_string().bytes());
    }

    pub(crate) fn flag(&mut self, key: &str, flag: bool) {
        let out = self.key(key);
        out.extend(if flag { &b"true"[..] } else { b"false" });
    }

    pub(crate) fn texts<S: AsRef<str>>(&mut self, key: &str, items: impl IntoIterator<Item = S>) {
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
    pub(crate) fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        let mut nested = Object::open(self.key(key));
        fill(&mut nested);
        nested.close();
    }

    /// A list of objects.
    pub(crate) fn objects<T>(&mut self, key: &str, items: &[T], fill: impl Fn(&mut Object<'_>, &T)) {
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
