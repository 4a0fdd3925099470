//! `token`: how other systems prove themselves over HTTP.
//!
//! It changes the file that the service reads by itself, so it works with and without a running service.
//!
//! Invariant: a token is shown once, here, and nowhere again.

use super::arguments::{Token, TokenFile};
use super::table::Table;
use crate::config::Config;
use crate::identity::tokens;
use std::path::PathBuf;

pub(super) fn token(command: Token) -> anyhow::Result<()> {
    match command {
        Token::Add(add) => {
            let token = tokens::add(&file_of(&add.file)?, &add.name, add.roles)?;
            println!("{token}");
            eprintln!("the token {} is made; it is not shown again", add.name);
        }
        Token::List(file) => print!("{}", table(&tokens::load(&file_of(&file)?)?)),
        Token::Remove(remove) => {
            tokens::remove(&file_of(&remove.file)?, &remove.name)?;
            println!("the token {} opens nothing any more", remove.name);
        }
    }
    Ok(())
}

fn file_of(file: &TokenFile) -> anyhow::Result<PathBuf> {
    match &file.tokens {
        Some(tokens) => Ok(tokens.clone()),
        None => Ok(Config::read(&file.config.config)?.tokens),
    }
}

fn table(kept: &[tokens::Kept]) -> Table {
    let mut table = Table::new(&["TOKEN", "ROLES"], "there is no token; make one with `cordboard token add`");
    for kept in kept {
        let roles: Vec<&str> = kept.roles.iter().map(|role| role.as_str()).collect();
        table.row([kept.name.clone(), roles.join(", ")]);
    }
    table
}
