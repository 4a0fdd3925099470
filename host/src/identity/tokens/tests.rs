//! Tokens are made, found by their digest alone, and gone when they are taken away.

use super::*;

#[test]
fn a_token_opens_what_it_was_made_for_until_it_is_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens.toml");
    let tokens = Tokens::new(file.clone());
    assert_eq!(tokens.permit("cbt_x").unwrap(), None, "without a file nothing is allowed");
    let pbx = add(&file, "pbx", vec![Role::Route, Role::Presence]).unwrap();
    let mail = add(&file, "mail", vec![Role::Route]).unwrap();
    let permit = tokens.permit(&pbx).unwrap().unwrap();
    assert_eq!((permit.switch.as_str(), permit.roles), ("pbx", vec![Role::Route, Role::Presence]));
    assert_eq!(tokens.permit(&mail).unwrap().unwrap().roles, [Role::Route]);
    assert_eq!(tokens.permit(&pbx[..pbx.len() - 1]).unwrap(), None);
    let written = fs::read_to_string(&file).unwrap();
    assert!(!written.contains(&pbx[PREFIX.len()..]) && written.contains("name = \"pbx\""), "{written}");
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    remove(&file, "pbx").unwrap();
    assert_eq!(tokens.permit(&pbx).unwrap(), None);
    assert!(tokens.permit(&mail).unwrap().is_some());
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens.toml");
    let token = add(&file, "pbx", vec![Role::Route]).unwrap();
    let tokens = Tokens::new(file.clone());
    assert!(tokens.permit(&token).unwrap().is_some());
    fs::write(&file, "[[token]]\nname = \"pbx\"\nroles = [\"everything\"]\nsha256 = \"\"\n").unwrap();
    let error = tokens.permit(&token).unwrap_err().to_string();
    assert!(error.contains("is malformed: unknown variant `everything`"), "{error}");
    assert!(tokens.permit(&token).is_err(), "and is said again");
    fs::remove_file(&file).unwrap();
    add(&file, "pbx", vec![Role::Route]).unwrap();
    assert_eq!(
        add(&file, "pbx", Vec::new()).unwrap_err().to_string(),
        "there is a token pbx already; remove it first, or choose another name"
    );
    assert!(matches!(add(&file, "Pbx 1", Vec::new()), Err(TokenError::Name { .. })));
    assert!(matches!(remove(&file, "mail"), Err(TokenError::Unknown { .. })));
}
