//! Tabs where go-yaml takes none: before what could be the key of a block mapping. The parser here lets them pass.

use saphyr_parser::{Event, ScalarStyle, Span};

/// Where a tab may stand: in scalars and flow collections, and after a plain scalar as far as it could go on.
pub(super) struct Tabs {
    text: Vec<char>,
    /// What is whole, from and to, in the order of the ends
    whole: Vec<(usize, usize)>,
    /// Ends of plain scalars, and the first column of lines that go on with them
    plain: Vec<(usize, usize)>,
    /// Where each open collection starts, and its column
    open: Vec<(usize, usize)>,
}

impl Tabs {
    /// `None` for a text without tabs.
    pub(super) fn of(text: &str) -> Option<Self> {
        let text = text.contains('\t').then(|| text.chars().collect())?;
        Some(Self { text, whole: Vec::new(), plain: Vec::new(), open: Vec::new() })
    }

    pub(super) fn event(&mut self, event: &Event<'_>, span: Span) {
        let (start, end) = (span.start.index(), span.end.index());
        let is = |at: usize, chars: [char; 2]| self.text.get(at).is_some_and(|c| chars.contains(c));
        match event {
            Event::Scalar(_, style, ..) => {
                self.whole.push((start, end));
                if *style == ScalarStyle::Plain && end > start {
                    self.plain.push((end, self.open.last().map_or(0, |(_, column)| column + 1)));
                }
            }
            Event::MappingStart(..) => self.open.push((start, span.start.col())),
            Event::SequenceStart(..) => {
                // A sequence that is indented as its key starts at the first member; its column is that of the dash.
                let before = self.text.get(..=start).unwrap_or_default();
                let back = before.iter().rev().position(|c| matches!(c, '-' | '[')).unwrap_or_default();
                self.open.push((start, span.start.col().saturating_sub(back)));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((from, _)) = self.open.pop()
                    && is(from, ['[', '{'])
                    && is(start, [']', '}'])
                {
                    self.whole.push((from, end));
                }
            }
            _ => {}
        }
    }

    /// The line, from 1, of the first tab that go-yaml does not take.
    pub(super) fn first_refused(mut self) -> Option<usize> {
        self.whole.sort_unstable();
        let (mut whole, mut plain) = (self.whole.iter().peekable(), self.plain.iter().peekable());
        let (mut at, mut line, mut line_start) = (0, 1, 0);
        // Whether a key could begin here, and what a line must be indented by to go on with a plain scalar.
        let (mut key, mut goes_on) = (true, None);
        while let Some(&c) = self.text.get(at) {
            if let Some(&(_, end)) = whole.next_if(|(start, _)| *start <= at) {
                if end <= at {
                    continue;
                }
                let passed = self.text.get(at..end).unwrap_or_default();
                for (offset, _) in passed.iter().enumerate().filter(|(_, c)| **c == '\n') {
                    (line, line_start) = (line + 1, at + offset + 1);
                }
                goes_on = None;
                while let Some((of, column)) = plain.next_if(|(of, _)| *of <= end) {
                    goes_on = (*of == end).then_some(*column);
                }
                // A block scalar ends with its last line.
                key = passed.last() == Some(&'\n');
                at = end;
                continue;
            }
            match c {
                '\n' | '\r' => {
                    (key, line_start) = (true, at + 1);
                    line += usize::from(c == '\n');
                }
                '\t' if key && goes_on.is_none_or(|column| at - line_start < column) => return Some(line),
                ' ' | '\t' => {}
                '#' if key || self.text.get(at.wrapping_sub(1)).is_some_and(|c| matches!(c, ' ' | '\t')) => {
                    while self.text.get(at + 1).is_some_and(|c| *c != '\n') {
                        at += 1;
                    }
                    // Comments below each other are one.
                    let mut below = self.text.iter().skip(at + 2);
                    goes_on = (below.find(|c| !matches!(c, ' ' | '\t')) == Some(&'#')).then_some(0);
                }
                _ => {
                    let indicates = key && matches!(c, '-' | '?');
                    key = indicates && self.text.get(at + 1).is_none_or(|c| c.is_whitespace());
                    goes_on = None;
                }
            }
            at += 1;
        }
        None
    }
}
