//! Addresses as URIs.

use super::uri;

#[test]
fn an_address_is_written_so_that_software_opens_it() {
    assert_eq!(uri("billing", "center.example", ""), "xmpp:billing@center.example?message");
    assert_eq!(
        uri("billing", "center.example:5222", "mfrggzdfmztwq2lk"),
        "xmpp:billing@center.example?message;body=continue%20mfrggzdfmztwq2lk"
    );
    assert_eq!(
        uri("b?l&l/g ü", "[2001:db8::1]:5222", "a;b"),
        "xmpp:b%3Fl%26l%2Fg%20%C3%BC@[2001:db8::1]?message;body=continue%20a%3Bb"
    );
    assert_eq!(uri("billing", "[2001:db8::1]", ""), "xmpp:billing@[2001:db8::1]?message");
}
