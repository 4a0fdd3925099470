//! From values to text.

use super::kebab;
use data_encoding::HEXLOWER;
use serde::ser::{self, Serialize};
use serde_json::{Error, Value};

/// A case of an enum: its word, and its content if it has any.
///
/// The error says what can't be written; of the model's types everything can.
pub(in super::super) fn line<T: Serialize>(value: &T) -> Result<String, Error> {
    Ok(match value.serialize(Writer)? {
        Node::Text(word) => word,
        Node::Fields(fields) if fields.len() == 1 => {
            let (word, content) = &fields[0];
            format!("{word} {}", content.json())
        }
        other => other.json(),
    })
}

/// A tree of what is written; the order of fields is that of the type.
enum Node {
    Nothing,
    /// A number or a truth value.
    Plain(Value),
    Byte(u8),
    Text(String),
    List(Vec<Node>),
    Fields(Vec<(String, Node)>),
    /// What may be absent and is not, even if it is empty.
    Given(Box<Node>),
}

impl Node {
    fn is_empty(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Plain(value) => *value == Value::Bool(false),
            Self::Byte(_) | Self::Given(_) => false,
            Self::Text(text) => text.is_empty(),
            Self::List(list) => list.is_empty(),
            Self::Fields(fields) => fields.is_empty(),
        }
    }

    fn json(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        match self {
            Self::Nothing => text.push_str("null"),
            Self::Plain(value) => push(text, value),
            Self::Byte(byte) => push(text, byte),
            Self::Text(words) => push(text, &Value::from(words.as_str())),
            Self::List(list) => joined(text, ['[', ']'], list, |text, node| node.write(text)),
            Self::Fields(fields) => joined(text, ['{', '}'], fields, |text, (name, node)| {
                push(text, &Value::from(name.as_str()));
                text.push(':');
                node.write(text);
            }),
            Self::Given(node) => node.write(text),
        }
    }

    /// Bytes are text where they can be read as text.
    fn of_list(list: Vec<Self>) -> Self {
        let bytes = list.iter().map(|node| if let Self::Byte(byte) = node { Some(*byte) } else { None });
        let Some(bytes) = bytes.collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty()) else {
            return Self::List(list);
        };
        match String::from_utf8(bytes) {
            Ok(text) if text.chars().all(|sign| !sign.is_control() || "\t\r\n".contains(sign)) => Self::Text(text),
            Ok(text) => Self::hex(text.as_bytes()),
            Err(error) => Self::hex(error.as_bytes()),
        }
    }

    fn hex(bytes: &[u8]) -> Self {
        Self::Fields(vec![("hex".to_owned(), Self::Text(HEXLOWER.encode(bytes)))])
    }

    fn case(word: &str, content: Self) -> Self {
        match content {
            Self::Nothing => Self::Text(kebab(word)),
            content => Self::Fields(vec![(kebab(word), content)]),
        }
    }
}

fn push(text: &mut String, value: &dyn std::fmt::Display) {
    text.push_str(&value.to_string());
}

fn joined<T>(text: &mut String, [open, close]: [char; 2], items: &[T], each: impl Fn(&mut String, &T)) {
    text.push(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        each(text, item);
    }
    text.push(close);
}

struct Writer;

macro_rules! plain {
    ($($method:ident($type:ty)),*) => {
        $(fn $method(self, value: $type) -> Result<Node, Error> {
            Ok(Node::Plain(Value::from(value)))
        })*
    };
}

impl ser::Serializer for Writer {
    type Ok = Node;
    type Error = Error;
    type SerializeSeq = Listing;
    type SerializeTuple = Listing;
    type SerializeTupleStruct = Listing;
    type SerializeTupleVariant = Listing;
    type SerializeMap = Fielding;
    type SerializeStruct = Fielding;
    type SerializeStructVariant = Fielding;

    plain!(serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64));
    plain!(serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_f32(f32), serialize_f64(f64));

    fn serialize_u8(self, value: u8) -> Result<Node, Error> {
        Ok(Node::Byte(value))
    }

    fn serialize_char(self, value: char) -> Result<Node, Error> {
        Ok(Node::Text(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<Node, Error> {
        Ok(Node::Text(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Node, Error> {
        Ok(Node::of_list(value.iter().map(|byte| Node::Byte(*byte)).collect()))
    }

    fn serialize_none(self) -> Result<Node, Error> {
        Ok(Node::Nothing)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Node, Error> {
        Ok(Node::Given(Box::new(value.serialize(self)?)))
    }

    fn serialize_unit(self) -> Result<Node, Error> {
        Ok(Node::Nothing)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Node, Error> {
        Ok(Node::Nothing)
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, case: &'static str) -> Result<Node, Error> {
        Ok(Node::case(case, Node::Nothing))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<Node, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        case: &'static str,
        value: &T,
    ) -> Result<Node, Error> {
        Ok(Node::case(case, value.serialize(self)?))
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Listing, Error> {
        Ok(Listing { case: None, list: Vec::new() })
    }

    fn serialize_tuple(self, length: usize) -> Result<Listing, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _name: &'static str, length: usize) -> Result<Listing, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        case: &'static str,
        _length: usize,
    ) -> Result<Listing, Error> {
        Ok(Listing { case: Some(case), list: Vec::new() })
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Fielding, Error> {
        Ok(Fielding { case: None, key: String::new(), fields: Vec::new() })
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Fielding, Error> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        case: &'static str,
        _length: usize,
    ) -> Result<Fielding, Error> {
        Ok(Fielding { case: Some(case), key: String::new(), fields: Vec::new() })
    }
}

/// A list as it grows.
struct Listing {
    case: Option<&'static str>,
    list: Vec<Node>,
}

impl Listing {
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.list.push(value.serialize(Writer)?);
        Ok(())
    }

    fn done(self) -> Node {
        let list = Node::of_list(self.list);
        match self.case {
            Some(case) => Node::case(case, list),
            None => list,
        }
    }
}

/// The fields of a record as they come; what is empty is left out.
struct Fielding {
    case: Option<&'static str>,
    key: String,
    fields: Vec<(String, Node)>,
}

impl Fielding {
    fn add<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        let node = value.serialize(Writer)?;
        if !node.is_empty() {
            self.fields.push((name.to_owned(), node));
        }
        Ok(())
    }

    fn done(self) -> Node {
        let fields = Node::Fields(self.fields);
        match self.case {
            Some(case) => Node::case(case, fields),
            None => fields,
        }
    }
}

macro_rules! lists {
    ($($trait:ident $method:ident),*) => {
        $(impl ser::$trait for Listing {
            type Ok = Node;
            type Error = Error;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.add(value)
            }
            fn end(self) -> Result<Node, Error> {
                Ok(self.done())
            }
        })*
    };
}

lists!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

macro_rules! records {
    ($($trait:ident),*) => {
        $(impl ser::$trait for Fielding {
            type Ok = Node;
            type Error = Error;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.add(name, value)
            }
            fn end(self) -> Result<Node, Error> {
                Ok(self.done())
            }
        })*
    };
}

records!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Fielding {
    type Ok = Node;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let Node::Text(key) = key.serialize(Writer)? else {
            return Err(ser::Error::custom("only text can be a key"));
        };
        self.key = key;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = std::mem::take(&mut self.key);
        self.fields.push((key, value.serialize(Writer)?));
        Ok(())
    }

    fn end(self) -> Result<Node, Error> {
        Ok(self.done())
    }
}
