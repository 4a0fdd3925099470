//! `agent` and `customer`: accounts of the running service.
//!
//! Invariant: nothing is printed as done before the service has stored it.

use super::arguments::{Account, AddressChange, Agent, AgentAdd, Ask, Customer, CustomerAdd, OneAddress, Remove};
use super::ask::{ask_for, print_json, socket_of, unexpected};
use super::password;
use super::table::Table;
use crate::control::{AccountRow, Answer, NamedAddress, NewAgent, NewCustomer, Password, Request};
use crate::model::Side;

pub(super) fn agent(command: Agent) -> anyhow::Result<()> {
    match command {
        Agent::Add(add) => add_agent(add),
        Agent::List(ask) => list(&ask, &Request::AgentList, agents),
        Agent::Remove(Remove { name, socket }) => {
            done(&ask_for(&socket_of(&socket)?, &Request::AgentRemove { name })?, None)
        }
        Agent::Address(change) => change_address(Side::Agent, change),
    }
}

pub(super) fn customer(command: Customer) -> anyhow::Result<()> {
    match command {
        Customer::Add(add) => add_customer(add),
        Customer::List(ask) => list(&ask, &Request::CustomerList, customers),
        Customer::Remove(Remove { name, socket }) => {
            done(&ask_for(&socket_of(&socket)?, &Request::CustomerRemove { name })?, None)
        }
        Customer::Address(change) => change_address(Side::Customer, change),
    }
}

fn add_agent(add: AgentAdd) -> anyhow::Result<()> {
    let socket = socket_of(&add.account.socket)?;
    let (password, told) = password_of(&add.account, &add.name)?;
    let request = Request::AgentAdd(NewAgent {
        name: add.name,
        shown_as: add.shown_as,
        skills: add.skills,
        queues: add.queues,
        capacity: add.capacity,
        units: add.units,
        addresses: add.addresses,
        password,
        replace: add.account.replace,
    });
    done(&ask_for(&socket, &request)?, told.as_ref())
}

fn add_customer(add: CustomerAdd) -> anyhow::Result<()> {
    let socket = socket_of(&add.account.socket)?;
    let (password, told) = password_of(&add.account, &add.name)?;
    let request = Request::CustomerAdd(NewCustomer {
        name: add.name,
        shown_as: add.shown_as,
        addresses: add.addresses,
        password,
        replace: add.account.replace,
    });
    done(&ask_for(&socket, &request)?, told.as_ref())
}

fn change_address(side: Side, change: AddressChange) -> anyhow::Result<()> {
    let (OneAddress { name, address, socket }, make): (_, fn(NamedAddress) -> Request) = match change {
        AddressChange::Add(one) => (one, Request::AddressAdd),
        AddressChange::Remove(one) => (one, Request::AddressRemove),
    };
    done(&ask_for(&socket_of(&socket)?, &make(NamedAddress { side, name, address }))?, None)
}

/// The password to send, and the one to tell.
fn password_of(account: &Account, name: &str) -> anyhow::Result<(Option<Password>, Option<Password>)> {
    if account.replace && !account.password_stdin {
        return Ok((None, None));
    }
    let chosen = password::choose(account.password_stdin, name)?;
    let told = chosen.made_up.then(|| chosen.password.clone());
    Ok((Some(chosen.password), told))
}

fn done(answer: &Answer, made_up: Option<&Password>) -> anyhow::Result<()> {
    let Answer::Done(text) = answer else { return unexpected() };
    println!("{text}");
    if let Some(password) = made_up {
        println!("password: {} (made up; it is not shown again)", password.expose());
    }
    Ok(())
}

fn list(ask: &Ask, request: &Request, table: fn(&[AccountRow]) -> Table) -> anyhow::Result<()> {
    let answer = ask_for(&socket_of(&ask.socket)?, request)?;
    let Answer::Accounts(rows) = &answer else { return unexpected() };
    if ask.json {
        return print_json(rows);
    }
    print!("{}", table(rows));
    Ok(())
}

pub(super) fn agents(rows: &[AccountRow]) -> Table {
    let mut table = Table::new(
        &["AGENT", "SHOWN AS", "SKILLS", "QUEUES", "CAPACITY", "ADDRESSES"],
        "no agent has an account; make one with `cordboard agent add`",
    );
    for row in rows {
        let agent = row.agent.iter();
        table.row([
            row.name.clone(),
            row.shown_as.clone(),
            join(agent.clone().flat_map(|agent| &agent.skills).map(|skill| format!("{} {}", skill.name, skill.level))),
            join(agent.clone().flat_map(|agent| &agent.queues).cloned()),
            join(agent.flat_map(|agent| &agent.capacity).map(|(medium, number)| format!("{medium} {number}"))),
            join(row.addresses.iter().map(ToString::to_string)),
        ]);
    }
    table
}

pub(super) fn customers(rows: &[AccountRow]) -> Table {
    let mut table = Table::new(
        &["CUSTOMER", "SHOWN AS", "ADDRESSES"],
        "no customer has an account; make one with `cordboard customer add`",
    );
    for row in rows {
        table.row([row.name.clone(), row.shown_as.clone(), join(row.addresses.iter().map(ToString::to_string))]);
    }
    table
}

fn join(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}
