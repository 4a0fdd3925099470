//! The catalog over a real folder and real components: what is taken up, what is refused and in which words, and what goes on meanwhile.

use super::*;
use crate::build;
use crate::engine::Engine;
use crate::model::limits::Limits;
use crate::plugin::{embed, extract};
use crate::text;
use crate::trust::{Policy, Trust};
use expect_test::{Expect, expect};
use std::collections::BTreeSet;
use std::fs;
use std::sync::OnceLock;
use tempfile::TempDir;

/// Places that take note of what is done with them.
#[derive(Clone, Default)]
struct Noted {
    notes: Arc<Mutex<Vec<String>>>,
    /// Reasons to refuse: at the trial, and as it is put to work.
    trial: Option<&'static str>,
    takeover: Option<&'static str>,
}

impl Noted {
    fn note(&self, what: &str, plugin: &AnyPlugin) {
        let Key { name, .. } = plugin.key();
        self.notes.lock().unwrap().push(format!("{what} {name} {}", plugin.about().manifest.version));
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.notes.lock().unwrap())
    }
}

impl Places for Noted {
    fn uses(&self, key: &Key) -> bool {
        key.name == RULE
    }

    fn try_out(&self, plugin: &AnyPlugin) -> Result<(), String> {
        self.note("tried", plugin);
        self.trial.map_or(Ok(()), |reason| Err(reason.to_owned()))
    }

    async fn put(&self, plugin: &AnyPlugin, commit: Commit) -> Result<(), String> {
        if let Some(reason) = self.takeover {
            return Err(reason.to_owned());
        }
        commit();
        self.note("put", plugin);
        Ok(())
    }
}

const RULE: &str = "least-busy";

fn loader(policy: Policy) -> Loader {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/plugins/compiled");
    let engine = ENGINE.get_or_init(|| Engine::new(Some(&cache)).unwrap());
    Loader::new(engine.clone(), &Limits::default(), text::prepare).under(policy)
}

/// One of the workspace's own plugins, or a bad one.
fn component(name: &str) -> Vec<u8> {
    let file = format!("{name}.wasm");
    fs::read(build::for_tests().join(&file)).or_else(|_| fs::read(build::bad_for_tests().join(&file))).unwrap()
}

/// The component with its manifest changed.
fn altered(name: &str, changes: &[(&str, &str)]) -> Vec<u8> {
    let bytes = component(name);
    let mut manifest = String::from_utf8(extract(&bytes).unwrap().to_vec()).unwrap();
    for (from, to) in changes {
        assert!(manifest.contains(from), "{manifest}");
        manifest = manifest.replace(from, to);
    }
    embed(&bytes, &manifest).unwrap()
}

/// The component with that text as its manifest, whatever it is.
fn with_section(component: &[u8], manifest: &str) -> Vec<u8> {
    let name = crate::plugin::SECTION.as_bytes();
    let length = u8::try_from(1 + name.len() + manifest.len()).unwrap();
    let length = if length < 0x80 { vec![length] } else { vec![length, 1] };
    let name_length = u8::try_from(name.len()).unwrap();
    [component, &[0], &length, &[name_length], name, manifest.as_bytes()].concat()
}

/// A version of the rule.
fn version(version: &str) -> Vec<u8> {
    let of = String::from_utf8(extract(&component(RULE)).unwrap().to_vec()).unwrap();
    let line = of.lines().find(|line| line.starts_with("version")).unwrap();
    altered(RULE, &[(line, &format!("version = {version:?}"))])
}

/// A catalog over a folder that has version 1.0.0 of the rule.
struct Scene {
    folder: TempDir,
    catalog: Catalog,
    places: Noted,
}

impl Scene {
    fn with(places: Noted, policy: Policy) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("rule.wasm"), version("1.0.0")).unwrap();
        let (catalog, keeper, refused) = Catalog::open(loader(policy), folder.path());
        assert!(refused.is_empty(), "{refused:?}");
        tokio::spawn(keeper.keep(places.clone()));
        Self { folder, catalog, places }
    }

    fn new() -> Self {
        Self::with(Noted::default(), Policy::default())
    }

    fn put(&self, file: &str, bytes: &[u8]) {
        let path = self.folder.path().join(file);
        fs::write(path.with_extension("new"), bytes).unwrap();
        fs::rename(path.with_extension("new"), path).unwrap();
    }

    /// Version and generation of the rule, and why its file is refused.
    fn row(&self) -> (String, u64, Option<String>) {
        let row = self.catalog.rows().into_iter().find(|row| row.name() == RULE).unwrap();
        let serving = row.serving.unwrap();
        (serving.version, serving.generation, row.refused.map(|refused| refused.reason))
    }

    /// Puts these bytes in the rule's place; what is refused is told, and what serves goes on.
    async fn refuses(&self, bytes: &[u8], reason: Expect) {
        self.put("rule.wasm", bytes);
        let report = self.catalog.reload().await.unwrap();
        assert_eq!(report.served, []);
        let (version, generation, refused) = self.row();
        let digest = format!("{:#}", crate::trust::digest_of(bytes));
        reason.assert_eq(&refused.expect("it stays visible").replace(&digest, "DIGEST"));
        assert_eq!((version.as_str(), generation), ("1.0.0", 1), "what serves goes on");
        assert_eq!(report.refused.len(), 1, "{:?}", report.refused);
        let set = self.catalog.plugins();
        assert_eq!(set.rule(RULE).unwrap().about().manifest.version, "1.0.0");
        assert_eq!(self.places.take().iter().filter(|note| note.starts_with("put")).count(), 0);
    }
}

#[tokio::test]
async fn a_file_that_changes_is_noticed_tried_and_put_to_work() {
    let scene = Scene::new();
    scene.put("rule.wasm", &version("1.1.0"));
    let noticed = async {
        while scene.row().1 < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), noticed).await.expect("the folder is watched");
    assert_eq!(scene.row(), ("1.1.0".to_owned(), 2, None));
    assert_eq!(scene.places.take(), ["tried least-busy 1.1.0", "put least-busy 1.1.0"]);
    let report = scene.catalog.reload().await.unwrap();
    assert_eq!(report.to_string(), "nothing has changed");
}

#[tokio::test]
async fn what_is_no_plugin_of_this_host_is_refused_with_the_reason_and_the_fix() {
    let scene = Scene::new();
    let whole = version("1.1.0");
    let small = with_section(&wat::parse_str("(component)").unwrap(), "name = \"least-busy\"");
    scene.refuses(&small[..small.len() / 2], expect!["plugin rule.wasm: is damaged or incomplete: unexpected end-of-file (at offset 0xa); copy it again, or build it again"]).await;
    scene.refuses(&small[..small.len() - 1], expect!["plugin rule.wasm: is damaged or incomplete: unexpected end-of-file (at offset 0xa); copy it again, or build it again"]).await;
    scene.refuses(b"some notes", expect!["plugin rule.wasm: is not WebAssembly: expected a component, which begins with the bytes 00 61 73 6d, found 73 6f 6d 65; build it with `cordboard plugin build`"]).await;
    scene.refuses(b"", expect!["plugin rule.wasm: is not WebAssembly: expected a component, which begins with the bytes 00 61 73 6d, found an empty file; build it with `cordboard plugin build`"]).await;
    scene.refuses(b"\0asm\x01\0\0\0", expect!["plugin rule.wasm: is a core WebAssembly module, expected a component; `cordboard plugin build` makes one of a plugin's crate"]).await;
    scene.refuses(&wat::parse_str("(component)").unwrap(), expect!["plugin rule.wasm: has no manifest: expected the custom section `cordboard:manifest` with its plugin.toml; build it with `cordboard plugin build`, which puts it in"]).await;
    scene.refuses(&component("wrong-world"), expect![[r#"plugin wrong-world: its manifest says kind = "rule", so it should export cordboard:strategy/rule@1.0.0; it exports cordboard:adapter/protocol@1.0.0; correct `kind` in plugin.toml, or export the world of that kind"#]]).await;
    scene.refuses(&component("future-contract"), expect!["plugin future-contract: is built for cordboard:strategy/rule@2.0.0, this host speaks cordboard:strategy/rule@1.0.0; build it with the guest SDK of this host's version"]).await;
    let foreign = wat::parse_str("(component (import \"wasi:clocks/wall-clock@0.2.0\" (instance)))").unwrap();
    let manifest = "name = \"least-busy\"\nversion = \"1.1.0\"\nkind = \"rule\"\ndescription = \"Reads the clock\"\n";
    scene.refuses(&embed(&foreign, manifest).unwrap(), expect!["plugin least-busy: is a plugin of kind rule and imports wasi:clocks/wall-clock@0.2.0; that kind may import cordboard:model/types, cordboard:host/log and nothing else; compile it for wasm32-unknown-unknown, without WASI"]).await;
    let untrue = with_section(&wat::parse_str("(component)").unwrap(), &manifest.replace("least-busy", "Least Busy"));
    scene.refuses(&untrue, expect![[r#"plugin rule.wasm: its manifest (plugin.toml) is not valid: `name` is "Least Busy", expected lower-case letters, digits and hyphens, beginning with a letter"#]]).await;
    scene.put("rule.wasm", &whole);
    let report = scene.catalog.reload().await.unwrap();
    assert_eq!((report.served.len(), scene.row().2), (1, None), "and a whole one is taken after all");
}

#[tokio::test]
async fn what_can_not_go_on_from_what_serves_is_refused_before_it_is_tried() {
    let scene = Scene::new();
    let other = [("kind = \"rule\"", "kind = \"rule\"\nstate = { writes = 7, reads = [7] }")];
    scene.refuses(&altered(RULE, &other), expect!["plugin least-busy: can't take over from generation 1: expected 1, the format of states that serves now, among `state.reads` of its plugin.toml, found [7]; teach it to read that format, or put it in with a restart"]).await;
}

#[tokio::test]
async fn who_is_not_trusted_is_refused_whatever_is_in_the_file() {
    let listed = Trust::Digests([crate::trust::digest_of(&version("1.0.0"))].into());
    let scene = Scene::with(Noted::default(), Policy { trust: listed, ..Policy::default() });
    scene.refuses(b"some notes", expect![[r#"
        plugin rule.wasm: is none of the 1 listed plugins: [plugins] trust = "digests" expects its SHA-256 in `digests`, found sha256:DIGEST; if you trust this file, add to the list `digests` the line
          "sha256:DIGEST","#]]).await;
    scene.refuses(&version("1.1.0"), expect![[r#"
        plugin rule.wasm: is none of the 1 listed plugins: [plugins] trust = "digests" expects its SHA-256 in `digests`, found sha256:DIGEST; if you trust this file, add to the list `digests` the line
          "sha256:DIGEST","#]]).await;
}

#[tokio::test]
async fn what_does_not_do_at_its_place_is_refused() {
    let trial = Some("[rules.least-busy] has no setting `weight`");
    let scene = Scene::with(Noted { trial, ..Noted::default() }, Policy::default());
    scene
        .refuses(
            &version("1.1.0"),
            expect!["plugin least-busy: can't serve as it is configured: [rules.least-busy] has no setting `weight`"],
        )
        .await;
    let takeover = Some("it does not open with what the rule of pool `main` remembers: refused: no");
    let scene = Scene::with(Noted { takeover, ..Noted::default() }, Policy::default());
    scene.refuses(&version("1.1.0"), expect!["plugin least-busy: can't take over: it does not open with what the rule of pool `main` remembers: refused: no; look at its log, and correct the plugin"]).await;
}

#[tokio::test]
async fn a_rollback_tries_what_served_before_and_puts_it_to_work() {
    let scene = Scene::new();
    scene.put("rule.wasm", &version("1.1.0"));
    scene.catalog.reload().await.unwrap();
    scene.places.take();
    let served = scene.catalog.roll_back(RULE, None).await.unwrap();
    assert_eq!((served.generation, served.version.as_str()), (3, "1.0.0"));
    assert_eq!(scene.places.take(), ["tried least-busy 1.0.0", "put least-busy 1.0.0"]);
    scene.catalog.reload().await.unwrap();
    assert_eq!(scene.row(), ("1.0.0".to_owned(), 3, None), "it holds");
    let unknown = scene.catalog.roll_back("nobody", None).await.unwrap_err().to_string();
    expect!["no plugin called nobody is in service; `cordboard plugins` shows those that are"].assert_eq(&unknown);
}

#[tokio::test]
async fn files_come_and_go() {
    let scene = Scene::new();
    scene.put("idle.wasm", &component("longest-idle"));
    let names = |scene: &Scene| scene.catalog.rows().iter().map(Row::name).collect::<BTreeSet<_>>();
    scene.catalog.reload().await.unwrap();
    assert_eq!(names(&scene), ["least-busy".to_owned(), "longest-idle".to_owned()].into());
    fs::remove_file(scene.folder.path().join("idle.wasm")).unwrap();
    fs::remove_file(scene.folder.path().join("rule.wasm")).unwrap();
    let report = scene.catalog.reload().await.unwrap();
    expect![[r"
        rule least-busy goes on without its file, but the next start will fail: the configuration names it
        rule longest-idle is not in service any more"]]
    .assert_eq(&report.to_string());
    assert_eq!(names(&scene), [RULE.to_owned()].into());
    assert!(scene.catalog.rows()[0].is_orphaned);
}

#[tokio::test]
async fn of_a_folder_that_is_not_there_nothing_is_removed() {
    let scene = Scene::new();
    fs::rename(scene.folder.path(), scene.folder.path().with_extension("away")).unwrap();
    let report = scene.catalog.reload().await.unwrap();
    assert_eq!((report.refused.len(), scene.row().1), (1, 1));
    assert!(!scene.catalog.rows()[0].is_orphaned);
    fs::rename(scene.folder.path().with_extension("away"), scene.folder.path()).unwrap();
}
