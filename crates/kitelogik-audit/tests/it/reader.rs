//! Lines of a log: whole ones only, in bounded memory, also while the log grows.

use kitelogik_audit::{Line, Lines, MAX_LINE_BYTES};
use std::{
    collections::VecDeque,
    io::{self, Read},
};

/// Gives one piece a read; an empty one is an end for now.
struct Pieces(VecDeque<Vec<u8>>);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(mut piece) = self.0.pop_front() else { return Ok(0) };
        let length = piece.len().min(buffer.len());
        buffer[..length].copy_from_slice(&piece[..length]);
        if length < piece.len() {
            self.0.push_front(piece.split_off(length));
        }
        Ok(length)
    }
}

fn pieces(pieces: &[&[u8]]) -> Lines<Pieces> {
    Lines::new(Pieces(pieces.iter().map(|piece| piece.to_vec()).collect()))
}

fn next(lines: &mut Lines<impl Read>) -> Option<String> {
    match lines.next_line().unwrap()? {
        Line::Whole(line) => Some(String::from_utf8(line.to_vec()).unwrap()),
        Line::TooLong => Some("too long".to_owned()),
    }
}

fn line(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_line_is_given_when_it_has_its_end() {
    let mut lines = pieces(&[b"on", b"e\n\ntw", b"", b"o", b"\nthr"]);
    assert_eq!(next(&mut lines), line("one\n"));
    assert!(!lines.is_unfinished());
    assert_eq!(next(&mut lines), line("\n"));
    assert_eq!(next(&mut lines), None);
    assert!(lines.is_unfinished());
    // It has grown since.
    assert_eq!(next(&mut lines), line("two\n"));
    for _ in 0..2 {
        assert_eq!(next(&mut lines), None);
        assert!(lines.is_unfinished());
    }
    let mut lines = pieces(&[b"one\n"]);
    assert_eq!(next(&mut lines), line("one\n"));
    assert_eq!(next(&mut lines), None);
    assert!(!lines.is_unfinished());
}

#[test]
fn a_line_beyond_the_bound_is_skipped_and_the_next_one_is_whole() {
    let longest = [vec![b'x'; MAX_LINE_BYTES - 1], b"\n".to_vec()].concat();
    let mut lines = pieces(&[&longest, b"next\n"]);
    assert_eq!(next(&mut lines).map(|line| line.len()), Some(MAX_LINE_BYTES));
    assert_eq!(next(&mut lines), line("next\n"));
    for more in [1, 2, MAX_LINE_BYTES, 3 * MAX_LINE_BYTES] {
        let mut lines = pieces(&[&vec![b'x'; more], &longest, b"next\n"]);
        assert_eq!(next(&mut lines), line("too long"), "{more}");
        assert_eq!(next(&mut lines), line("next\n"), "{more}");
    }
    let mut lines = pieces(&[&vec![b'x'; 2 * MAX_LINE_BYTES + 1]]);
    assert_eq!(next(&mut lines), None);
    assert!(lines.is_unfinished());
}
