//! Who is known, and who has to go.

use super::People;
use crate::person::Person;

fn person(contact: &str, active_at: u64) -> Box<Person> {
    Box::new(Person { active_at, ..Person::new(contact.to_owned()) })
}

#[test]
fn the_longest_silent_has_to_go_but_not_whoever_has_just_spoken() {
    let mut people = People::default();
    for (contact, active_at) in [("a@x", 3), ("b@x", 1), ("c@x", 2)] {
        people.put(person(contact, active_at));
    }
    assert_eq!(people.surplus(3, ""), None);
    assert_eq!(people.surplus(2, "").as_deref(), Some("b@x"));
    assert_eq!(people.surplus(2, "b@x").as_deref(), Some("c@x"));
    let mut back = people.take("b@x").unwrap();
    back.active_at = 4;
    people.put(back);
    assert_eq!(people.surplus(2, "").as_deref(), Some("c@x"));
    assert!(people.take("nobody@x").is_none());
}

#[test]
fn somebody_has_to_go_when_too_much_is_kept() {
    let mut people = People::default();
    people.put(person("a@x", 1));
    people.put(person("b@x", 2));
    assert_eq!(people.surplus(2, "b@x"), None);
    let mut heavy = people.take("b@x").unwrap();
    heavy.known_as = "x".repeat(2048);
    people.put(heavy);
    assert_eq!(people.surplus(2, "b@x").as_deref(), Some("a@x"));
    people.take("b@x");
    assert_eq!(people.surplus(2, ""), None);
}

#[test]
fn they_come_in_their_order_a_few_at_a_time() {
    let mut people = People::default();
    (0..5).for_each(|number| people.put(person(&format!("{number}@x"), number)));
    assert_eq!(people.behind("", 2), ["0@x", "1@x"]);
    assert_eq!(people.behind("1@x", 9), ["2@x", "3@x", "4@x"]);
    assert_eq!(people.behind("4@x", 9), [""; 0]);
}
