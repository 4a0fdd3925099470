//! Writes XML. Markup is given as it stands; what comes from anybody else goes through [`Writer::text`] or [`Writer::attribute`].
//!
//! Invariant: text and values are escaped, and characters that XML 1.0 can't carry are replaced by U+FFFD.

/// XML as far as it is written.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    xml: String,
}

impl Writer {
    /// Markup, as it stands.
    pub(crate) fn raw(&mut self, markup: &str) -> &mut Self {
        self.xml.push_str(markup);
        self
    }

    /// Text between tags.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        escape(&mut self.xml, text, false);
        self
    }

    /// An attribute of the tag that is open.
    pub(crate) fn attribute(&mut self, name: &str, value: &str) -> &mut Self {
        self.xml.push(' ');
        self.xml.push_str(name);
        self.xml.push_str("='");
        escape(&mut self.xml, value, true);
        self.xml.push('\'');
        self
    }

    /// An attribute, where there is a value.
    pub(crate) fn attribute_if(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.attribute(name, value),
            None => self,
        }
    }

    /// An attribute that holds an address: `local@domain/resource`, without what is empty.
    pub(crate) fn address(&mut self, name: &str, local: &str, domain: &str, resource: &str) -> &mut Self {
        self.xml.push(' ');
        self.xml.push_str(name);
        self.xml.push_str("='");
        if !local.is_empty() {
            escape(&mut self.xml, local, true);
            self.xml.push('@');
        }
        escape(&mut self.xml, domain, true);
        if !resource.is_empty() {
            self.xml.push('/');
            escape(&mut self.xml, resource, true);
        }
        self.xml.push('\'');
        self
    }

    /// Ends the element whose tag is open: empty, or with text.
    pub(crate) fn end(&mut self, name: &str, text: &str) -> &mut Self {
        if text.is_empty() {
            return self.raw("/>");
        }
        self.raw(">").text(text).raw("</").raw(name).raw(">")
    }

    /// A number.
    pub(crate) fn number(&mut self, number: u64) -> &mut Self {
        push_number(&mut self.xml, number);
        self
    }

    /// How many bytes are written.
    pub(crate) fn len(&self) -> usize {
        self.xml.len()
    }

    /// What is written; begins anew.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.xml).into_bytes()
    }
}

/// A number in decimal, without the formatting machinery.
pub(crate) fn push_number(text: &mut String, number: u64) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

/// Escapes; in a value also what would end it or be folded to a space.
fn escape(xml: &mut String, text: &str, value: bool) {
    let bytes = text.as_bytes();
    let mut written = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let (replacement, length) = match byte {
            b'&' => ("&amp;", 1),
            b'<' => ("&lt;", 1),
            b'>' => ("&gt;", 1),
            b'\r' => ("&#13;", 1),
            b'\'' if value => ("&apos;", 1),
            b'\t' if value => ("&#9;", 1),
            b'\n' if value => ("&#10;", 1),
            0xEF if matches!(bytes.get(at + 1..at + 3), Some([0xBF, 0xBE | 0xBF])) => ("\u{FFFD}", 3),
            b'\t' | b'\n' | 0x20.. => continue,
            _ => ("\u{FFFD}", 1),
        };
        xml.push_str(&text[written..at]);
        xml.push_str(replacement);
        written = at + length;
    }
    xml.push_str(&text[written..]);
}

#[cfg(test)]
mod tests;
