//! What a server says, in pieces: enough XML to play a client, and to read in plain text what came.

/// A piece of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// `<stream:stream ...>`.
    Header,
    /// A child of the stream, as it stands.
    Element(String),
    /// `</stream:stream>`.
    End,
}

/// Bytes in, pieces out.
#[derive(Debug, Default)]
pub(super) struct Splitter(Vec<u8>);

impl Splitter {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The next whole piece.
    pub(super) fn next(&mut self) -> Option<Piece> {
        loop {
            let blank = self.0.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            self.0.drain(..blank);
            let first = tag(&self.0, 0)?;
            if self.0.starts_with(b"<?xml") {
                self.0.drain(..first);
                continue;
            }
            if self.0.starts_with(b"<stream:stream") {
                self.0.drain(..first);
                return Some(Piece::Header);
            }
            if self.0.starts_with(b"</") {
                self.0.drain(..first);
                return Some(Piece::End);
            }
            let element: Vec<u8> = self.0.drain(..whole(&self.0)?).collect();
            return Some(Piece::Element(String::from_utf8(element).expect("a server speaks UTF-8")));
        }
    }
}

/// Where the tag that begins at `from` ends.
fn tag(bytes: &[u8], from: usize) -> Option<usize> {
    let mut quote = None;
    for (at, &byte) in bytes.iter().enumerate().skip(from) {
        match (byte, quote) {
            (b'>', None) => return Some(at + 1),
            (b'\'' | b'"', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    None
}

/// Where the element that begins with these bytes ends.
fn whole(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let open = at + bytes[at..].iter().position(|byte| *byte == b'<')?;
        at = tag(bytes, open)?;
        match (bytes[open + 1], bytes[at - 2]) {
            (b'/', _) => depth -= 1,
            (_, b'/') => {}
            _ => depth += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// The value of an attribute of the outermost element.
pub(super) fn attribute(element: &str, name: &str) -> Option<String> {
    let head = &element[..tag(element.as_bytes(), 0)?];
    let at = head.find(&format!(" {name}="))? + name.len() + 2;
    let quote = head[at..].chars().next()?;
    let value = &head[at + 1..];
    Some(unescaped(&value[..value.find(quote)?]))
}

/// The text of the first element of that name inside.
pub(super) fn text(element: &str, name: &str) -> Option<String> {
    let at = element.find(&format!("<{name}>")).or_else(|| element.find(&format!("<{name} ")))?;
    let from = tag(element.as_bytes(), at)?;
    if element[..from].ends_with("/>") {
        return Some(String::new());
    }
    let length = element[from..].find("</")?;
    Some(unescaped(&element[from..from + length]))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&apos;", "'").replace("&quot;", "\"").replace("&amp;", "&")
}

#[test]
fn a_stream_comes_apart_however_it_is_cut() {
    let stream = "<?xml version='1.0'?><stream:stream a='>'> <a b='&lt;'/><m x='1'><body>a &amp; b</body><c/></m></stream:stream>";
    for cut in 0..stream.len() {
        let mut splitter = Splitter::default();
        let mut pieces = Vec::new();
        for part in [&stream[..cut], &stream[cut..]] {
            splitter.push(part.as_bytes());
            pieces.extend(std::iter::from_fn(|| splitter.next()));
        }
        let message = "<m x='1'><body>a &amp; b</body><c/></m>";
        let element = |text: &str| Piece::Element(text.to_owned());
        assert_eq!(pieces, [Piece::Header, element("<a b='&lt;'/>"), element(message), Piece::End]);
        assert_eq!(attribute("<a b='&lt;'/>", "b").unwrap(), "<");
        assert_eq!((attribute(message, "x").unwrap(), text(message, "body").unwrap()), ("1".into(), "a & b".into()));
    }
}
