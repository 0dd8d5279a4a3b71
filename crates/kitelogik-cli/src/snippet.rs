//! What is wrong with a file, shown in it; and the same as JSON.

use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};
use kitelogik::{policy::Diagnostic, value::Value};
use std::{borrow::Cow, ops::Range, path::Path};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Error,
    Warning,
}

/// Shows a finding where it stands. `text` is what its file holds, as far as that is known; `root` is where its
/// path begins. Ends in a line feed.
pub(crate) fn render(found: &Diagnostic, weight: Weight, root: &Path, text: Option<&str>) -> String {
    let level = match weight {
        Weight::Error => Level::ERROR,
        Weight::Warning => Level::WARNING,
    };
    let path = root.join(&found.file).display().to_string();
    let place: Option<Element<'_>> = match text.and_then(|text| Some((text, span(text, found)?))) {
        Some((text, span)) => {
            // An end behind the last line feed is a place that only a further line can show.
            let further = span.start == text.len() && text.ends_with('\n');
            let text = if further { Cow::Owned(format!("{text} ")) } else { Cow::Borrowed(text) };
            let mark = AnnotationKind::Primary.span(span);
            Some(Snippet::source(text).path(path).annotation(mark).into())
        }
        // A directory as a whole is named in the message.
        None if found.file.is_empty() => None,
        None if found.line > 0 => {
            let origin = Origin::path(path).line(found.line as usize);
            Some(origin.char_column(found.column as usize).into())
        }
        None => Some(Origin::path(path).into()),
    };
    let help = (!found.help.is_empty()).then(|| Level::HELP.message(found.help.as_str()));
    let group = level.primary_title(found.message.as_str()).id(found.code).elements(place);
    let mut shown = Renderer::styled().render(&[group.elements(help)]);
    shown.push('\n');
    shown
}

/// The word that begins where the finding stands; `None` where that is no place of this text.
fn span(text: &str, found: &Diagnostic) -> Option<Range<usize>> {
    let skipped = usize::try_from(found.line.checked_sub(1)?).ok()?;
    let before = usize::try_from(found.column.checked_sub(1)?).ok()?;
    let mut lines = text.split_inclusive('\n');
    let start: usize = lines.by_ref().take(skipped).map(str::len).sum();
    let line = lines.next().unwrap_or_default().trim_end_matches(['\n', '\r']);
    let at = line.char_indices().nth(before).map_or(line.len(), |(at, _)| at);
    let rest = line.get(at..)?;
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let length = match rest.find(|c| !word(c)) {
        Some(0) => rest.chars().next().map_or(0, char::len_utf8),
        Some(end) => end,
        None => rest.len(),
    };
    (start + at <= text.len()).then_some(start + at..start + at + length)
}

/// A finding as an object; the same keys always.
pub(crate) fn document(found: &Diagnostic) -> Value {
    Value::object([
        ("file", Value::from(found.file.as_str())),
        ("line", i64::from(found.line).into()),
        ("column", i64::from(found.column).into()),
        ("code", found.code.into()),
        ("message", found.message.as_str().into()),
        ("help", found.help.as_str().into()),
    ])
}
