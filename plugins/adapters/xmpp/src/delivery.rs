//! Messages to a person: deliveries of a transcript, offers, and words about offers.

use crate::body;
use crate::clock::stamp;
use crate::person::Person;
use crate::turn::Turn;
use crate::xml::push_number;
use cordboard_sdk::adapter::{Delivery, Directive, Offer};
use cordboard_sdk::model::{Failure, attribute};

/// Sends a message; the receipt follows when the peer has handled it, or at once where the peer doesn't say.
pub(crate) fn deliver(turn: &mut Turn<'_>, person: &Person, delivery: Delivery) {
    let Some(text) = body::text(&delivery.message.body) else {
        let failure = Failure::new("unsupported", "XMPP has no words for a message of this kind");
        return turn.out.receipt(delivery.id, Err(failure));
    };
    let sent_at = delivery.replay.then(|| stamp(delivery.message.sent_at));
    let domain = &turn.settings.domain;
    let xml = turn.stanza().raw("<message type='chat'").attribute("id", &delivery.id);
    let sender = &delivery.message.sender;
    let xml = xml.address("from", sender, domain, person.resource_of(sender)).attribute("to", &person.ear());
    let xml = xml.attribute_if("xml:lang", delivery.message.language.as_deref());
    let xml = xml.raw("><body>").text(&text).raw("</body><active xmlns='http://jabber.org/protocol/chatstates'/>");
    xml.raw("<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/>");
    if let Some(sent_at) = sent_at {
        xml.raw("<delay xmlns='urn:xmpp:delay'").attribute("from", domain).attribute("stamp", &sent_at).raw("/>");
    }
    xml.raw("</message>");
    turn.acks.deliver(delivery.id, &person.contact, domain, turn.out);
}

/// Proposes a session to an agent, in words.
pub(crate) fn offer(turn: &mut Turn<'_>, person: &Person, offer: &Offer) {
    let number = attribute(&offer.form.attributes, "number").unwrap_or_default();
    let queue = attribute(&offer.form.attributes, "queue").unwrap_or_default();
    let id = ["offer-", number].concat();
    say(turn, person, queue, &id, &offer.form.text);
}

/// Says that an offer has gone.
pub(crate) fn withdraw_offer(turn: &mut Turn<'_>, person: &mut Person, directive: &Directive) {
    let word = |name| attribute(&directive.attributes, name).unwrap_or_default();
    let mut id = String::from("withdrawn-");
    match attribute(&directive.attributes, "number") {
        Some(number) => id.push_str(number),
        None => push_number(&mut id, turn.now),
    }
    say(turn, person, word("queue"), &id, word("text"));
}

/// Says something that is of no transcript.
pub(crate) fn say(turn: &mut Turn<'_>, person: &Person, from: &str, id: &str, text: &str) {
    let domain = &turn.settings.domain;
    let xml = turn.stanza().raw("<message type='chat'").attribute("id", id);
    let xml = xml.address("from", from, domain, person.resource_of(from));
    xml.attribute("to", &person.ear()).raw("><body>").text(text).raw("</body></message>");
}

#[cfg(test)]
mod tests;
