//! Secrets in what plugins say, and those that can't be put there.

use super::*;
use crate::trust::{Grant, Grants};
use std::path::Path;

fn granted(file: &Path) -> Result<Granted, GrantedError> {
    let secrets = BTreeMap::from([("token".to_owned(), SecretSource::File(file.to_owned()))]);
    let grant = Grant { hosts: vec!["b.example".to_owned()], secrets };
    let mut config = Config::dev(Path::new("data"), 0, Path::new("plugins")).unwrap();
    config.grants = Grants::Only(BTreeMap::from([("remote".to_owned(), grant)]));
    Granted::read(&config)
}

#[test]
fn a_secret_is_put_where_its_name_stands_and_only_for_its_plugin() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "hush\n").unwrap();
    let granted = granted(&file).unwrap();
    let said = |plugin: &str, value: &str| {
        let headers = vec![Attribute::new("authorization", value), Attribute::new("accept", "*/*")];
        let body = b"{secret:token}".to_vec();
        let request =
            HttpRequest { method: "POST".to_owned(), url: "http://b.example/{secret:token}".to_owned(), headers, body };
        let put = granted.put_into(plugin, &request)?;
        assert_eq!((&put.url, &put.body), (&request.url, &request.body), "it stands in headers alone");
        Ok::<_, Failure>(put.headers[0].value.clone())
    };
    assert_eq!(said("remote", "Bearer {secret:token}").unwrap(), "Bearer hush");
    assert_eq!(said("remote", "{secret:token}:{secret:token}!").unwrap(), "hush:hush!");
    assert_eq!(said("remote", "Bearer plain {braces}").unwrap(), "Bearer plain {braces}");
    for (plugin, value) in [("other", "{secret:token}"), ("remote", "{secret:tokens}"), ("remote", "{secret:")] {
        let refused = said(plugin, value).unwrap_err();
        assert!(refused.code == "forbidden" && !refused.text.contains("hush"), "{refused:?}");
    }
    assert_eq!(names("Bearer {secret:a} {secret:b} {secret:").collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn what_no_header_can_have_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let told = || granted(&file).err().unwrap().to_string().replace(&folder.path().display().to_string(), "FOLDER");
    assert!(
        told().starts_with("[plugins.grants] `remote`, the secret `token`: its secret can't be read from FOLDER/token")
    );
    std::fs::write(&file, "hush\nhush\n").unwrap();
    assert_eq!(
        told(),
        "[plugins.grants] `remote`, the secret `token`: its secret has characters that no header can have; is FOLDER/token the right one?"
    );
}
