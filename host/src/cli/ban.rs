//! `bans` and `poison`: who is kept out, and the inputs that broke adapters.
//!
//! Invariant: what a stranger is called is shown as any cell of a table, and can't leave it.

use super::arguments::{Ask, BanCommand, Bans};
use super::ask::{ask_for, print_json, socket_of, told, unexpected};
use super::table::{Table, age};
use crate::control::{Answer, BanRow, NewBan, PoisonRow, Request};

pub(super) fn bans(bans: Bans) -> anyhow::Result<()> {
    match bans.command {
        None => list(&bans.ask),
        Some(BanCommand::List(ask)) => list(&ask),
        Some(BanCommand::Add(add)) => {
            let new = NewBan { person: add.who, provider: add.provider, minutes: add.minutes };
            told(&ask_for(&socket_of(&add.socket)?, &Request::BanAdd(new))?)
        }
        Some(BanCommand::Revoke(revoke)) => {
            let request = Request::BanRevoke { person: revoke.who, provider: revoke.provider };
            told(&ask_for(&socket_of(&revoke.socket)?, &request)?)
        }
    }
}

fn list(ask: &Ask) -> anyhow::Result<()> {
    let Answer::Bans(rows) = ask_for(&socket_of(&ask.socket)?, &Request::Bans)? else { return unexpected() };
    if ask.json {
        return print_json(&rows);
    }
    print!("{}", ban_table(&rows));
    Ok(())
}

pub(super) fn poison(ask: &Ask) -> anyhow::Result<()> {
    let Answer::Poison(rows) = ask_for(&socket_of(&ask.socket)?, &Request::Poison)? else { return unexpected() };
    if ask.json {
        return print_json(&rows);
    }
    print!("{}", poison_table(&rows));
    // A path is of no use when it is cut to a cell.
    for (number, row) in rows.iter().enumerate() {
        println!("{}: {}", number + 1, row.file);
    }
    Ok(())
}

pub(super) fn ban_table(rows: &[BanRow]) -> Table {
    let mut table = Table::new(&["WHO", "PROVIDER", ">FOR", ">LEFT", "WHY"], "nobody is kept out");
    for row in rows {
        let (since, left) = (age(row.age_s * 1000), age(row.left_s * 1000));
        table.row([row.person.clone(), row.provider.clone(), since, left, row.why.clone()]);
    }
    table
}

pub(super) fn poison_table(rows: &[PoisonRow]) -> Table {
    let mut table = Table::new(&[">NO", ">AGO", "PROVIDER", "CONTACT", "FAILURE"], "no input has broken an adapter");
    for (number, row) in rows.iter().enumerate() {
        table.row([
            (number + 1).to_string(),
            age(row.age_s * 1000),
            row.provider.clone(),
            row.contact.clone(),
            row.failure.clone(),
        ]);
    }
    table
}
