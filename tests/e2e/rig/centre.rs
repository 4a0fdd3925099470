//! A centre that an operator has set up: the annotated example in a folder of its own, with certificates, adapted to this machine.

use super::host::{PORTS, free_offset, text_of};
use super::root;
use super::server::{SECRET, Server, Side};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A folder with everything that `cordboard serve` needs.
pub(crate) struct Centre {
    pub(super) folder: TempDir,
    pub(super) offset: u16,
}

impl Centre {
    /// The example with its addresses, paths and these lines replaced; each must stand in it once.
    pub(crate) fn adapted(lines: &[(&str, &str)]) -> Self {
        let centre = Self { folder: TempDir::new().expect("a folder"), offset: free_offset() };
        for name in ["center", "desk"] {
            centre.make_certificate(name);
        }
        fs::create_dir(centre.data()).expect("a folder for data");
        let example = fs::read_to_string(root().join("host/cordboard.example.toml")).expect("the example is there");
        fs::write(centre.file(), example).expect("the folder can be written");
        let address = |port: u16| format!("address = \"127.0.0.1:{}\"", port + centre.offset);
        let plugins = format!("folder = {:?}", text_of(&cordboard::build::for_tests()));
        centre.replace("address = \"0.0.0.0:5222\"", &address(PORTS[0]));
        centre.replace("address = \"0.0.0.0:5232\"", &address(PORTS[1]));
        centre.replace("address = \"127.0.0.1:8080\"", &address(PORTS[2]));
        centre.replace("folder = \"plugins\"", &plugins);
        for (line, instead) in lines {
            centre.replace(line, instead);
        }
        centre
    }

    /// The same, without TLS and with passwords in the clear, so that bare sockets can sign in.
    pub(crate) fn in_the_clear(lines: &[(&str, &str)]) -> Self {
        let centre = Self::adapted(lines);
        centre.replace("tls = { certificate = \"center.crt\", key = \"center.key\" }", "tls = \"none\"");
        centre.replace(
            "tls = { certificate = \"desk.crt\", key = \"desk.key\" }",
            "tls = \"none\"\nplain_without_tls = true",
        );
        centre.replace("require_tls = true", "require_tls = false");
        centre.replace("plain_without_tls = false", "plain_without_tls = true");
        centre
    }

    /// The same, and a part of this server, whose users are of that side; further lines go with it.
    pub(crate) fn at(self, server: &Server, side: Side, lines: &[&str]) -> Self {
        let name = server.provider(side);
        let secret = self.folder.path().join(format!("{name}.secret"));
        fs::write(secret, format!("{SECRET}\n")).expect("the folder can be written");
        let mut text = fs::read_to_string(self.file()).expect("the file is there");
        write!(
            text,
            "\n[[provider]]\nname = \"{name}\"\nprotocol = \"xmpp\"\nside = \"{}\"\naddress = \"127.0.0.1:{}\"\ndomain = \"{}\"\n\
             secret = {{ file = \"{name}.secret\" }}\n{}\n",
            side.word(),
            server.components(),
            server.component(side),
            lines.join("\n"),
        )
        .expect("a string takes all");
        fs::write(self.file(), text).expect("the folder can be written");
        self
    }

    /// Replaces one line of the file; gives its number.
    pub(crate) fn replace(&self, line: &str, instead: &str) -> usize {
        let text = fs::read_to_string(self.file()).expect("the file is there");
        let places: Vec<usize> = text.lines().zip(1..).filter(|(l, _)| *l == line).map(|(_, place)| place).collect();
        let [place] = places[..] else { panic!("the example has the line {line:?} at {places:?}") };
        let changed: Vec<&str> = text.lines().map(|l| if l == line { instead } else { l }).collect();
        fs::write(self.file(), changed.join("\n")).expect("the folder can be written");
        place
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("cordboard.toml")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn make_certificate(&self, name: &str) {
        let made = rcgen::generate_simple_self_signed([format!("{name}.center.example")]).expect("a certificate");
        let put = |kind: &str, text: String| fs::write(self.folder.path().join(format!("{name}.{kind}")), text);
        put("crt", made.cert.pem()).and_then(|()| put("key", made.signing_key.serialize_pem())).expect("files");
    }
}
