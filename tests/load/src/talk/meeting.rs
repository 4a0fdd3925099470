//! How two find each other: on a Cordboard by an offer that is accepted, on a plain server by telling each other's address.
//!
//! Invariant: who is given back has a partner, and nothing is said between them yet but the first words of a session.

use super::TalkOptions;
use super::talker::Talker;
use crate::client::{Client, Login};
use crate::server::{Centre, Server};
use anyhow::{Context, ensure};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// People who sign in at a time.
const SIGNING_IN: usize = 16;
/// How long all may take to find each other.
const PATIENCE: Duration = Duration::from_mins(3);
/// What an offer tells to say.
const OFFER: &str = "Say `accept";
/// How a session begins.
const HELLO: &str = "hello";

/// Those who ask, and those who answer; in no order.
pub(super) async fn meet(server: &Server, options: &TalkOptions) -> anyhow::Result<(Vec<Talker>, Vec<Talker>)> {
    let met = async {
        match &server.centre {
            Some(centre) => by_offers(server, centre, options).await,
            None => by_address(server, options).await,
        }
    };
    timeout(PATIENCE, met).await.with_context(|| format!("not all have found each other within {PATIENCE:?}"))?
}

async fn by_offers(
    server: &Server,
    centre: &Centre,
    options: &TalkOptions,
) -> anyhow::Result<(Vec<Talker>, Vec<Talker>)> {
    let accounts = centre
        .accounts
        .get(..options.pairs)
        .with_context(|| format!("{} pairs need as many agents; there are {}", options.pairs, centre.accounts.len()))?;
    let logins = accounts.iter().map(|account| centre.agents.login(Some(account.clone()), options.acks));
    let agents = sign_in(logins.collect()).await?;
    let mut accepting: JoinSet<_> = agents.into_iter().map(accept).collect();
    let logins = (0..options.pairs).map(|_| server.customers.login(None, options.acks));
    let link = format!("{}@{}", centre.link, server.customers.domain);
    let mut customers = Vec::new();
    for mut client in sign_in(logins.collect()).await? {
        client.say(&link, "hello", HELLO);
        client.flush().await?;
        customers.push(Talker { client, to: link.clone() });
    }
    let mut agents = Vec::new();
    while let Some(accepted) = accepting.join_next().await {
        agents.push(accepted??);
    }
    Ok((customers, agents))
}

/// Waits for an offer, takes it, and learns the customer's alias.
async fn accept(mut client: Client) -> anyhow::Result<Talker> {
    loop {
        let (from, words) = client.next_words().await?;
        let from = from.split('/').next().unwrap_or_default();
        if words.contains(OFFER) {
            client.say(from, "accept", "accept");
        } else if words == HELLO {
            return Ok(Talker { to: from.to_owned(), client });
        }
    }
}

async fn by_address(server: &Server, options: &TalkOptions) -> anyhow::Result<(Vec<Talker>, Vec<Talker>)> {
    let (people, accounts) = (options.pairs * 2, &server.accounts);
    ensure!(
        accounts.is_empty() || accounts.len() >= people,
        "{} pairs need {people} accounts; there are {}",
        options.pairs,
        accounts.len()
    );
    let logins = (0..people).map(|number| server.customers.login(accounts.get(number).cloned(), options.acks));
    let mut askers = sign_in(logins.collect()).await?;
    let answerers = askers.split_off(options.pairs);
    let answering: Vec<String> = answerers.iter().map(|client| client.jid().to_owned()).collect();
    let asking: Vec<String> = askers.iter().map(|client| client.jid().to_owned()).collect();
    let talkers = |clients: Vec<Client>, others: Vec<String>| {
        clients.into_iter().zip(others).map(|(client, to)| Talker { client, to }).collect()
    };
    Ok((talkers(askers, answering), talkers(answerers, asking)))
}

async fn sign_in(logins: Vec<Login>) -> anyhow::Result<Vec<Client>> {
    let (mut clients, mut waiting) = (Vec::new(), JoinSet::new());
    for login in logins {
        if waiting.len() >= SIGNING_IN
            && let Some(client) = waiting.join_next().await
        {
            clients.push(client??);
        }
        waiting.spawn(async move { Client::online(&login).await });
    }
    while let Some(client) = waiting.join_next().await {
        clients.push(client??);
    }
    Ok(clients)
}
