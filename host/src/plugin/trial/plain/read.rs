//! From text to values.

use super::kebab;
use data_encoding::HEXLOWER_PERMISSIVE;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, VariantAccess,
    Visitor,
};
use serde_json::{Error, Value};

/// A case of an enum out of its word and its content.
pub(in super::super) fn parse<T: DeserializeOwned>(word: &str, content: Option<Value>) -> Result<T, Error> {
    let value = match content {
        Some(content) => Value::Object([(word.to_owned(), content)].into_iter().collect()),
        None => Value::String(word.to_owned()),
    };
    T::deserialize(Reader(Some(&value)))
}

/// A value that is there, or is left out.
#[derive(Clone, Copy)]
struct Reader<'a>(Option<&'a Value>);

macro_rules! scalars {
    ($($method:ident $visit:ident $empty:expr),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0 {
                Some(value) => value.$method(visitor),
                None => visitor.$visit($empty),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Error;

    scalars!(deserialize_bool visit_bool false, deserialize_i8 visit_i8 0, deserialize_i16 visit_i16 0);
    scalars!(deserialize_i32 visit_i32 0, deserialize_i64 visit_i64 0, deserialize_u8 visit_u8 0);
    scalars!(deserialize_u16 visit_u16 0, deserialize_u32 visit_u32 0, deserialize_u64 visit_u64 0);
    scalars!(deserialize_f32 visit_f32 0.0, deserialize_f64 visit_f64 0.0, deserialize_str visit_borrowed_str "");
    scalars!(deserialize_string visit_borrowed_str "", deserialize_char visit_char '\0');

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Some(value) => value.deserialize_any(visitor),
            None => visitor.visit_unit(),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            None | Some(Value::Null) => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            None | Some(Value::Null) => visitor.visit_unit(),
            Some(value) => Err(de::Error::custom(format!("expected nothing, found {value}"))),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    /// A list; of bytes also their text, or their hexadecimal digits.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let bytes = |bytes: Vec<u8>| SeqDeserializer::new(bytes.into_iter());
        match self.0 {
            None => visitor.visit_seq(bytes(Vec::new())),
            Some(Value::String(text)) => visitor.visit_seq(bytes(text.as_bytes().to_vec())),
            Some(Value::Array(list)) => visitor.visit_seq(SeqDeserializer::new(list.iter().map(Present))),
            Some(value) => visitor.visit_seq(bytes(from_hex(value)?)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Some(Value::Object(object)) => visitor
                .visit_map(MapDeserializer::new(object.iter().map(|(key, value)| (key.as_str(), Present(value))))),
            Some(value) => Err(de::Error::custom(format!("expected {{...}}, found {value}"))),
            None => visitor.visit_map(MapDeserializer::new(std::iter::empty::<(&str, Present<'_>)>())),
        }
    }

    /// All of its fields, those too that are left out.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let object = match self.0 {
            None => None,
            Some(Value::Object(object)) => Some(object),
            Some(value) => return Err(de::Error::custom(format!("expected {{...}}, found {value}"))),
        };
        let unknown = object.into_iter().flat_map(|object| object.keys()).find(|key| !fields.contains(&key.as_str()));
        if let Some(unknown) = unknown {
            return Err(de::Error::unknown_field(unknown, fields));
        }
        visitor.visit_map(Fields { object, names: fields.iter(), next: None })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (word, content) = match self.0 {
            // What is left out of a result is that all is well.
            None if variants.first() == Some(&"Ok") => ("ok", None),
            Some(Value::String(word)) => (word.as_str(), None),
            Some(Value::Object(object)) if object.len() == 1 => {
                let (word, content) = object.iter().next().expect("there is one");
                (word.as_str(), Some(content))
            }
            found => return Err(de::Error::custom(format!("expected {}, found {}", choice(variants), shown(found)))),
        };
        let Some(case) = variants.iter().find(|variant| kebab(variant) == word) else {
            return Err(de::Error::custom(format!("there is no `{word}`; expected {}", choice(variants))));
        };
        visitor.visit_enum(Case { case, content: Reader(content) })
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }
}

fn choice(variants: &[&str]) -> String {
    let words: Vec<String> = variants.iter().map(|variant| format!("`{}`", kebab(variant))).collect();
    words.join(", ")
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

fn from_hex(value: &Value) -> Result<Vec<u8>, Error> {
    let digits = value.as_object().filter(|object| object.len() == 1).and_then(|object| object.get("hex")?.as_str());
    let bytes = digits.and_then(|digits| HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok());
    let words = || format!("expected a list, a text, or bytes as {{\"hex\":\"00ff\"}}; found {value}");
    bytes.ok_or_else(|| de::Error::custom(words()))
}

/// An element that is there.
struct Present<'a>(&'a Value);

impl<'de> IntoDeserializer<'de, Error> for Present<'de> {
    type Deserializer = Reader<'de>;

    fn into_deserializer(self) -> Reader<'de> {
        Reader(Some(self.0))
    }
}

/// The fields of a record, in the order of its type.
struct Fields<'a> {
    object: Option<&'a serde_json::Map<String, Value>>,
    names: std::slice::Iter<'static, &'static str>,
    next: Option<&'static str>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.next = self.names.next().copied();
        self.next.map(|name| seed.deserialize(name.into_deserializer())).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let name = self.next.unwrap_or_default();
        let value = self.object.and_then(|object| object.get(name));
        seed.deserialize(Reader(value)).map_err(|error| de::Error::custom(format!("{name}: {error}")))
    }
}

/// A chosen case.
struct Case<'a> {
    case: &'static str,
    content: Reader<'a>,
}

impl<'de> EnumAccess<'de> for Case<'de> {
    type Error = Error;
    type Variant = Reader<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Reader<'de>), Error> {
        Ok((seed.deserialize(self.case.into_deserializer())?, self.content))
    }
}

impl<'de> VariantAccess<'de> for Reader<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        de::Deserialize::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.deserialize_struct("", fields, visitor)
    }
}
