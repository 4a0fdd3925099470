//! What people see of each other.

use super::desk::tuple;
use super::{Desk, settled};
use crate::centre::Effect;
use crate::model::adapter::{Event, Published, Subscription};
use crate::model::{Alias, EndpointId, PresenceTuple};

/// `alias: activity (note)` of every presence shown on an endpoint.
fn shown(effects: &[Effect], to: EndpointId) -> Vec<String> {
    let line = |effect: &Effect| match effect {
        Effect::Show(endpoint, showing) if *endpoint == to => {
            let presence = &showing.presence;
            let tuple =
                |tuple: &PresenceTuple| format!("{} {}", tuple.activity, tuple.note.clone().unwrap_or_default());
            let tuples: Vec<String> = presence.tuples.iter().map(tuple).collect();
            Some(format!("{}: {}", presence.presentity, tuples.join(", ").trim_end()))
        }
        _ => None,
    };
    effects.iter().filter_map(line).collect()
}

fn roster(effects: &[Effect], to: EndpointId) -> Vec<String> {
    let entries = effects.iter().rev().find_map(|effect| match effect {
        Effect::Roster(endpoint, roster) if *endpoint == to => Some(&roster.entries),
        _ => None,
    });
    let entries = entries.map(Vec::as_slice).unwrap_or_default();
    entries.iter().map(|entry| format!("{} ({}) in {}", entry.alias, entry.name, entry.groups.join(", "))).collect()
}

#[test]
fn customers_see_links_follow_the_agents_not_more_than_once_a_second() {
    let mut desk = Desk::with_agents(&["ann"]);
    let joe = desk.customer("joe");
    let effects = desk.publish(&joe, "available");
    assert_eq!(
        shown(&effects, joe.endpoint),
        [
            "billing: away Nobody is here now. You can write and wait.",
            "sales: away Nobody is here now. You can write and wait."
        ]
    );
    desk.outputs.clear();
    let ann = desk.agent("ann");
    let effects: Vec<Effect> = desk.outputs.iter().flat_map(|output| output.effects.clone()).collect();
    assert_eq!(shown(&effects, joe.endpoint), ["billing: available", "sales: available"]);
    assert!(shown(&desk.publish(&ann, "away"), joe.endpoint).is_empty(), "a second has not gone by");
    assert!(shown(&desk.publish(&ann, "available"), joe.endpoint).is_empty());
    assert!(shown(&desk.wait(1_000), joe.endpoint).is_empty(), "nothing has changed in the end");
    let effects = desk.publish(&ann, "away");
    let away = "away Everybody is away now. You can write and wait.";
    assert_eq!(shown(&effects, joe.endpoint), [format!("billing: {away}"), format!("sales: {away}")]);
    desk.publish(&joe, "unavailable");
    desk.gone(&ann);
    assert!(shown(&desk.wait(5_000), joe.endpoint).is_empty(), "who is not here is shown nothing");
}

#[test]
fn an_agent_sees_the_customer_under_the_alias_without_inside_facts() {
    let mut desk = Desk::with_agents(&["ann"]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.publish(&joe, "available");
    desk.say(&joe, "billing", "hello");
    let effects = desk.say(&ann, "", "accept");
    let alias = desk.alias(1);
    assert_eq!(shown(&effects, ann.endpoint), [format!("{alias}: available")]);
    let tuples = effects.iter().find_map(|effect| match effect {
        Effect::Show(to, showing) if *to == ann.endpoint => Some(showing.presence.tuples.clone()),
        _ => None,
    });
    // The tuple's own name is the customer's resource, so a number stands for it.
    let device = format!("device-{}", joe.endpoint.0);
    assert_eq!(tuples, Some(vec![PresenceTuple { id: device, contact: None, ..tuple("available", true) }]));
    desk.wait(1_000);
    assert_eq!(shown(&desk.publish(&joe, "away"), ann.endpoint), [format!("{alias}: away")]);
    let effects = desk.say(&ann, &alias, "end");
    assert_eq!(shown(&effects, ann.endpoint), [format!("{alias}: ")]);
    assert!(shown(&desk.publish(&joe, "available"), ann.endpoint).is_empty());
}

#[test]
fn nobody_watches_what_is_not_for_them() {
    let mut desk = Desk::with_agents(&["ann", "jim"]);
    let ann = desk.agent("ann");
    let jim = desk.agent("jim");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&ann, "", "accept");
    let alias = desk.alias(1);
    let watch =
        |presentity: &str| Event::Subscribed(Subscription { presentity: Alias::new(presentity), expires: None });
    for (person, presentity, expected) in [
        (&joe, "billing", "ok"),
        (&joe, "ann", "not-found: There is no ann here."),
        (&joe, alias.as_str(), &format!("not-found: There is no {alias} here.")),
        (&ann, alias.as_str(), "ok"),
        (&jim, alias.as_str(), &format!("not-found: There is no {alias} here.")),
        (&ann, "joe", "not-found: There is no joe here."),
    ] {
        assert_eq!(settled(&desk.report(person.endpoint, &person.contact, watch(presentity))), expected);
        let probed = Event::Probed(Alias::new(presentity));
        assert_eq!(settled(&desk.report(person.endpoint, &person.contact, probed)), expected);
    }
}

#[test]
fn rosters_hold_links_and_sessions() {
    let mut settings = super::desk::settings();
    settings.links[1].parent = Some(Alias::new("billing"));
    let mut desk = Desk::new(settings, crate::centre::Components::new(), vec![super::desk::profile("ann", 1)]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    let effects = desk.report(joe.endpoint, &joe.contact, Event::AskedRoster);
    assert_eq!(roster(&effects, joe.endpoint), ["billing (Billing) in Demo", "sales (Sales) in Billing"]);
    assert!(matches!(effects.last(), Some(Effect::Settle(..))), "the roster comes before the settlement");
    desk.say(&joe, "billing", "hello");
    assert!(roster(&desk.say(&ann, "", "accept"), ann.endpoint).is_empty(), "not asked for");
    let effects = desk.report(ann.endpoint, &ann.contact, Event::AskedRoster);
    let session = format!("{} (joe) in Billing", desk.alias(1));
    let queues = ["billing (Billing) in Demo".to_owned(), "sales (Sales) in Demo".to_owned()];
    assert_eq!(roster(&effects, ann.endpoint), [queues.as_slice(), &[session]].concat());
    let alias = desk.alias(1);
    assert_eq!(roster(&desk.say(&ann, &alias, "end"), ann.endpoint), queues);
}

#[test]
fn devices_of_one_customer_are_shown_together() {
    let mut desk = Desk::with_agents(&["ann"]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&ann, "", "accept");
    desk.wait(1_000);
    let both = vec![tuple("available", true), PresenceTuple { id: "laptop".to_owned(), ..tuple("away", true) }];
    let published = Event::Published(Published { expires: None, tuples: both });
    let effects = desk.report(joe.endpoint, &joe.contact, published);
    assert_eq!(shown(&effects, ann.endpoint), [format!("{}: available , away", desk.alias(1))]);
}

/// Software such as profanity takes no notice of the presence of whom its roster doesn't hold yet.
#[test]
fn a_customer_is_in_the_agents_roster_before_being_shown() {
    let mut desk = Desk::with_agents(&["ann"]);
    let ann = desk.agent("ann");
    desk.report(ann.endpoint, &ann.contact, Event::AskedRoster);
    let joe = desk.customer("joe");
    desk.publish(&joe, "available");
    desk.say(&joe, "billing", "hello");
    let effects = desk.say(&ann, "", "accept");
    let alias = desk.alias(1);
    let brings = |effect: &Effect| matches!(effect, Effect::Roster(_, roster) if roster.entries.iter().any(|entry| entry.alias.as_str() == alias));
    let shows =
        |effect: &Effect| matches!(effect, Effect::Show(_, showing) if showing.presence.presentity.as_str() == alias);
    let place = |what: &dyn Fn(&Effect) -> bool| effects.iter().position(what);
    assert!(place(&brings).is_some() && place(&brings) < place(&shows), "{effects:?}");
}
