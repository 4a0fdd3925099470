//! People whom somebody else's server hosts: who they are, how they are called back to mind, what they watch.

use super::desk::{profile, settings};
use super::{Desk, Person, settled};
use crate::centre::{Components, Effect, Input};
use crate::model::adapter::{Event, Subscription};
use crate::model::record::{AgentProfile, Customer};
use crate::model::{Address, Alias, EndpointId, MemberProfile, SessionId, Side, attribute};

/// Agents who also have a name at the provider `corp`.
pub(super) fn agents_at_corp(names: &[&str]) -> Vec<AgentProfile> {
    let at_corp = |name: &&str| {
        let addresses = vec![Address::new("corp", &format!("{name}@corp.example"))];
        AgentProfile { addresses, ..profile(name, 1) }
    };
    names.iter().map(at_corp).collect()
}

pub(super) fn member(alias: &str, addresses: &[&str]) -> MemberProfile {
    let addresses = addresses.iter().map(|address| Address::new("prosody", address)).collect();
    MemberProfile { alias: Alias::new(alias), name: format!("Member {alias}"), addresses, attributes: Vec::new() }
}

/// Whom an endpoint was told to recall, as `contact principal name`.
fn recalled(effects: &[Effect], on: EndpointId) -> Vec<String> {
    let line = |effect: &Effect| match effect {
        Effect::Direct(to, order) if *to == on && order.name == "recall" => {
            let fact = |name| attribute(&order.attributes, name).unwrap_or("?").to_owned();
            Some(format!("{} {} {}", order.contact, fact("principal"), fact("name")))
        }
        _ => None,
    };
    effects.iter().filter_map(line).collect()
}

fn all_effects(desk: &Desk) -> Vec<Effect> {
    desk.outputs.iter().flat_map(|output| output.effects.clone()).collect()
}

fn subscribe(desk: &mut Desk, person: &Person, presentity: &str) -> String {
    let subscription = Subscription { presentity: Alias::new(presentity), expires: None };
    settled(&desk.report(person.endpoint, &person.contact, Event::Subscribed(subscription)))
}

fn shown(effects: &[Effect], person: &Person) -> Vec<String> {
    let line = |effect: &Effect| match effect {
        Effect::Show(to, showing) if *to == person.endpoint && showing.contact.as_str() == person.contact => {
            Some(showing.presence.presentity.to_string())
        }
        _ => None,
    };
    effects.iter().filter_map(line).collect()
}

#[test]
fn a_provider_vouches_for_its_customers() {
    let mut desk = Desk::with_agents(&["ann"]);
    desk.agent("ann");
    let prosody = desk.open_provider(Side::Customer);
    let (joe, effects) = desk.arrive_at(prosody, "joe@prosody.example");
    assert_eq!(settled(&effects), "ok");
    assert_eq!(settled(&desk.say(&joe, "billing", "hello")), "ok");
    let live = desk.centre.sessions.get(SessionId(1)).unwrap();
    let customer = Customer { provider: "prosody".to_owned(), alias: Alias::new("joe@prosody.example") };
    assert_eq!((&live.record.customer, live.record.member), (&customer, false));
    assert_eq!((live.record.customer_name.as_str(), live.record.provider.as_str()), ("joe", "prosody"));
}

#[test]
fn a_member_is_the_same_person_at_a_provider() {
    let mut desk = Desk::with_agents(&[]);
    desk.batch(vec![Input::Member(member("joe", &["joe@prosody.example"]))]);
    let prosody = desk.open_provider(Side::Customer);
    let (joe, _) = desk.arrive_at(prosody, "Joe@Prosody.example");
    desk.say(&joe, "billing", "hello");
    let live = desk.centre.sessions.get(SessionId(1)).unwrap();
    assert_eq!(live.record.customer, Customer { provider: String::new(), alias: Alias::new("joe") });
    assert_eq!((live.record.customer_name.as_str(), live.record.member), ("Member joe", true));
    // What changes takes effect at the next arrival.
    desk.batch(vec![Input::MemberRemoved(Alias::new("joe"))]);
    assert_eq!(settled(&desk.say(&joe, "billing", "still me")), "ok");
    assert_eq!(desk.transcript(1).len(), 2);
    let (joe, _) = desk.arrive_at(prosody, "joe@prosody.example");
    desk.say(&joe, "billing", "and now a stranger");
    assert_eq!(desk.transcript(2).len(), 1);
}

#[test]
fn an_agent_at_a_provider_needs_the_address_in_the_account() {
    let mut desk = Desk::new(settings(), Components::new(), agents_at_corp(&["ann"]));
    let corp = desk.open_provider(Side::Agent);
    let (stranger, effects) = desk.arrive_at(corp, "jim@corp.example");
    assert_eq!(
        settled(&effects),
        "not-allowed: This address is no agent's here. Ask the operator to add it to your account."
    );
    assert_eq!(settled(&desk.say(&stranger, "", "accept")), "not-authorized: Sign in first.");
    let (ann, effects) = desk.arrive_at(corp, "ann@corp.example");
    assert_eq!(settled(&effects), "ok");
    desk.publish(&ann, "available");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&ann, "billing", "accept");
    assert_eq!(desk.state(1), "active");
    // An account without the address: she stays who she is, and is not let in again.
    desk.batch(vec![Input::Agent(profile("ann", 1))]);
    let alias = desk.alias(1);
    assert_eq!(settled(&desk.say(&ann, &alias, "good morning")), "ok");
    assert!(settled(&desk.arrive_at(corp, "ann@corp.example").1).starts_with("not-allowed"));
}

#[test]
fn an_agents_address_is_a_customers_like_any_on_the_customers_side() {
    let mut desk = Desk::new(settings(), Components::new(), agents_at_corp(&["ann"]));
    let prosody = desk.open_provider(Side::Customer);
    let (ann, effects) = desk.arrive_at(prosody, "ann@corp.example");
    assert_eq!(settled(&effects), "ok");
    assert_eq!(settled(&desk.say(&ann, "billing", "hello")), "ok");
    assert_eq!(
        settled(&desk.say(&ann, "", "accept")),
        "not-found: Nobody reads this address. You can write to: billing, sales"
    );
}

#[test]
fn a_new_endpoint_recalls_who_has_a_conversation() {
    let mut desk = Desk::new(settings(), Components::new(), agents_at_corp(&["ann"]));
    desk.members = vec![member("max", &["max@prosody.example"])];
    desk.batch(vec![Input::Member(desk.members[0].clone())]);
    let (prosody, corp) = (desk.open_provider(Side::Customer), desk.open_provider(Side::Agent));
    let (ann, _) = desk.arrive_at(corp, "ann@corp.example");
    desk.publish(&ann, "available");
    for address in ["joe@prosody.example", "max@prosody.example", "eve@prosody.example"] {
        let (person, _) = desk.arrive_at(prosody, address);
        if !address.starts_with("eve") {
            desk.say(&person, "billing", "hello");
        }
    }
    let own = desk.customer("bob");
    desk.say(&own, "billing", "hello");
    desk.say(&ann, "", "accept");
    desk.restart(Components::new());
    desk.outputs.clear();
    let prosody = desk.open_provider(Side::Customer);
    assert_eq!(
        recalled(&all_effects(&desk), prosody),
        ["joe@prosody.example joe@prosody.example joe", "max@prosody.example max@prosody.example max"],
    );
    let corp = desk.open_provider(Side::Agent);
    desk.wait(50);
    assert_eq!(recalled(&all_effects(&desk), corp), ["ann@corp.example ann@corp.example ann"]);
    // Who is recalled arrives as the same person, and gets what was not delivered.
    desk.outputs.clear();
    desk.arrive_at(prosody, "max@prosody.example");
    assert!(
        all_effects(&desk)
            .iter()
            .any(|e| matches!(e, Effect::Feed(to, feed) if *to == prosody && feed.id.session == SessionId(2)))
    );
}

#[test]
fn an_endpoint_that_replaces_another_recalls_too_and_one_of_our_own_does_not() {
    let mut desk = Desk::with_agents(&["ann"]);
    let prosody = desk.open_provider(Side::Customer);
    let (joe, _) = desk.arrive_at(prosody, "joe@prosody.example");
    desk.say(&joe, "billing", "hello");
    desk.gone(&joe);
    desk.outputs.clear();
    desk.open(Side::Customer);
    let again = desk.open_provider(Side::Customer);
    assert_eq!(recalled(&all_effects(&desk), again).len(), 1);
    desk.outputs.clear();
    desk.open_provider(Side::Agent);
    desk.wait(1_000);
    assert!(!all_effects(&desk).iter().any(|effect| matches!(effect, Effect::Direct(..))), "once, and nobody else");
}

#[test]
fn many_are_recalled_a_few_at_a_time() {
    let mut desk = Desk::with_agents(&[]);
    let prosody = desk.open_provider(Side::Customer);
    for number in 0..300 {
        let (person, _) = desk.arrive_at(prosody, &format!("c{number}@prosody.example"));
        desk.say(&person, "billing", "hello");
    }
    desk.restart(Components::new());
    desk.outputs.clear();
    let prosody = desk.open_provider(Side::Customer);
    assert_eq!(recalled(&all_effects(&desk), prosody).len(), 128);
    desk.wait(49);
    assert_eq!(recalled(&all_effects(&desk), prosody).len(), 128);
    desk.wait(51);
    assert_eq!(recalled(&all_effects(&desk), prosody).len(), 300);
    // The endpoint goes while others wait to be recalled.
    desk.restart(Components::new());
    let gone = desk.open_provider(Side::Customer);
    desk.outputs.clear();
    desk.batch(vec![Input::Gone { endpoint: gone, reason: String::new() }]);
    desk.wait(1_000);
    assert!(recalled(&all_effects(&desk), gone).is_empty());
}

#[test]
fn what_a_contact_watches_comes_back_after_a_restart() {
    let mut desk = Desk::with_agents(&["ann"]);
    let prosody = desk.open_provider(Side::Customer);
    let (joe, effects) = desk.arrive_at(prosody, "joe@prosody.example");
    assert!(shown(&effects, &joe).is_empty(), "nothing was subscribed to");
    assert_eq!(subscribe(&mut desk, &joe, "billing"), "ok");
    assert_eq!(subscribe(&mut desk, &joe, "sales"), "ok");
    assert_eq!(subscribe(&mut desk, &joe, "ann"), "not-found: There is no ann here.");
    desk.report(joe.endpoint, &joe.contact, Event::Unsubscribed(Alias::new("sales")));
    assert_eq!(shown(&desk.publish(&joe, "available"), &joe), ["billing"], "its roster is not ours");
    desk.restart(Components::new());
    desk.outputs.clear();
    let prosody = desk.open_provider(Side::Customer);
    assert_eq!(recalled(&all_effects(&desk), prosody).len(), 1);
    let (joe, effects) = desk.arrive_at(prosody, "joe@prosody.example");
    assert_eq!(shown(&effects, &joe), ["billing"]);
    desk.wait(1_000);
    desk.outputs.clear();
    desk.agent("ann");
    assert_eq!(shown(&all_effects(&desk), &joe), ["billing"], "and the next change too");
    desk.left(&joe);
    desk.report(prosody, "joe@prosody.example", Event::Unsubscribed(Alias::new("billing")));
    desk.restart(Components::new());
    let (_, effects) = {
        let prosody = desk.open_provider(Side::Customer);
        desk.arrive_at(prosody, "joe@prosody.example")
    };
    assert_eq!(
        effects.iter().filter(|effect| matches!(effect, Effect::Show(..))).count(),
        1,
        "who had left can't unsubscribe"
    );
}

#[test]
fn watches_are_kept_within_bounds() {
    let mut settings = settings();
    settings.limits.subscriptions = 3;
    settings.limits.subscriptions_per_contact = 1;
    let mut desk = Desk::new(settings, Components::new(), Vec::new());
    let prosody = desk.open_provider(Side::Customer);
    for name in ["a", "b", "c", "d"] {
        let (person, _) = desk.arrive_at(prosody, &format!("{name}@prosody.example"));
        assert_eq!(subscribe(&mut desk, &person, "billing"), "ok");
        assert_eq!(subscribe(&mut desk, &person, "sales"), "ok", "it is shown as long as the contact is here");
    }
    let kept: Vec<String> = desk.centre.subscriptions.keys().iter().map(|key| format!("{key:?}")).collect();
    assert_eq!(kept.len(), 3, "{kept:?}");
    let own = desk.customer("joe");
    assert_eq!(subscribe(&mut desk, &own, "billing"), "ok");
    assert_eq!(desk.centre.subscriptions.keys().len(), 3, "software on our own listener asks again by itself");
}

#[test]
fn a_watcher_whose_account_lost_the_address_is_not_recalled_for_ever() {
    let mut desk = Desk::new(settings(), Components::new(), agents_at_corp(&["ann"]));
    let corp = desk.open_provider(Side::Agent);
    let (ann, _) = desk.arrive_at(corp, "ann@corp.example");
    assert_eq!(subscribe(&mut desk, &ann, "billing"), "ok");
    desk.batch(vec![Input::Agent(profile("ann", 1))]);
    desk.profiles = vec![profile("ann", 1)];
    desk.restart(Components::new());
    desk.outputs.clear();
    let corp = desk.open_provider(Side::Agent);
    assert_eq!(recalled(&all_effects(&desk), corp).len(), 1);
    desk.arrive_at(corp, "ann@corp.example");
    assert!(desk.centre.subscriptions.keys().is_empty());
}
