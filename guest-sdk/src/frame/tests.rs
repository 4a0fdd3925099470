//! Frames cut anywhere come out whole, and the limit holds.

use super::{Framer, TooLong};

const LIMIT: usize = 8;

fn lines(framer: &mut Framer) -> Vec<String> {
    std::iter::from_fn(|| framer.line())
        .map(|line| line.map_or_else(|error| error.to_string(), |bytes| String::from_utf8(bytes).unwrap()))
        .collect()
}

#[test]
fn lines_end_with_lf_or_crlf() {
    let mut framer = Framer::new(LIMIT);
    framer.push(b"one\r\ntwo\n\n12345678\r\nrest");
    assert_eq!(lines(&mut framer), ["one", "two", "", "12345678"]);
    assert_eq!(framer.unused(), 4);
}

#[test]
fn it_does_not_matter_where_a_stream_is_cut() {
    let stream = b"one\r\ntwo\nmuch too long a line\r\nlast\r\n12345678\r\n123456789\nend\n";
    let mut whole = Framer::new(LIMIT);
    whole.push(stream);
    let expected = lines(&mut whole);
    assert_eq!(expected.len(), 7);
    for size in 1..stream.len() {
        let mut framer = Framer::new(LIMIT);
        let cut: Vec<String> = stream
            .chunks(size)
            .flat_map(|chunk| {
                framer.push(chunk);
                lines(&mut framer)
            })
            .collect();
        assert_eq!(cut, expected, "in pieces of {size}");
    }
}

#[test]
fn an_endless_line_is_refused_once_and_not_kept() {
    let mut framer = Framer::new(LIMIT);
    let mut refused = 0;
    for _ in 0..1000 {
        framer.push(&[b'x'; 100]);
        refused += lines(&mut framer).len();
        assert_eq!(framer.unused(), 0);
    }
    assert_eq!(refused, 1);
    framer.push(b"\nnext\n");
    assert_eq!(lines(&mut framer), ["next"]);
}

#[test]
fn announced_lengths_are_taken_when_whole() {
    let mut framer = Framer::new(LIMIT);
    framer.push(b"5\nhel");
    assert_eq!(framer.line(), Some(Ok(b"5".to_vec())));
    assert_eq!(framer.exactly(5), Ok(None));
    framer.push(b"lo!");
    assert_eq!(framer.exactly(5), Ok(Some(b"hello".to_vec())));
    assert_eq!(framer.exactly(9), Err(TooLong { limit: LIMIT }));
    assert_eq!(framer.unused(), 1);
}
