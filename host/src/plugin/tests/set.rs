//! A folder of plugins.

use super::components::{component, loader};
use crate::model::limits::Limits;
use crate::plugin::PluginSet;
use expect_test::expect;

#[test]
fn a_folder_is_loaded_and_what_is_bad_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    put("longest-idle.wasm", &component("longest-idle"));
    put("z-copy.wasm", &component("longest-idle"));
    put("echoes.wasm", &component("echoes"));
    put("half.wasm", &component("least-busy")[..1000]);
    put(".writing.wasm", b"half");
    put("notes.txt", b"not a plugin");
    let (set, refused) = PluginSet::load(&loader(&Limits::default()), folder.path());

    let names: Vec<_> = set.iter().map(|plugin| plugin.about().manifest.name.as_str()).collect();
    assert_eq!(names, ["longest-idle", "echoes"]);
    assert!(set.rule("longest-idle").is_ok() && set.adapter("echoes").is_ok());
    let plain = |text: String| text.replace(&folder.path().display().to_string(), "FOLDER");
    let refused: Vec<_> =
        refused.iter().map(|error| plain(error.to_string()).split(" (at offset").next().unwrap().to_owned()).collect();
    expect![[r"
        plugin half.wasm: is damaged or incomplete: unexpected end-of-file
        plugin longest-idle: FOLDER/longest-idle.wasm and FOLDER/z-copy.wasm are both the rule longest-idle; remove one of them"]].assert_eq(&refused.join("\n"));
    expect![[
        r#"there is no rule "echoes" in FOLDER; there is longest-idle; put echoes.wasm there, or correct the name"#
    ]]
    .assert_eq(&plain(set.rule("echoes").unwrap_err().to_string()));
    expect![[
        r#"there is no dialog "interview" in FOLDER; there is none; put interview.wasm there, or correct the name"#
    ]]
    .assert_eq(&plain(set.dialog("interview").unwrap_err().to_string()));
}

#[test]
fn a_missing_folder_is_told() {
    let (set, refused) = PluginSet::load(&loader(&Limits::default()), "/nowhere/plugins".as_ref());
    assert_eq!(set.iter().count(), 0);
    expect!["/nowhere/plugins: can't be read: No such file or directory (os error 2)"]
        .assert_eq(&refused[0].to_string());
}
