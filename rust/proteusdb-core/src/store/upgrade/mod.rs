//! The schemas of a store, and the steps between them.
//!
//! ```text
//! schema 1 ──> 2 changes ──> 3 quarantine        up
//!          <──           <──                     down: what would be lost is said first
//! ```
//!
//! A step is one write transaction that fills or drops a table, writes the schema's number and notes who did it: a
//! process that is killed leaves the store before the step or after it. Tables of later schemas are made, empty, before
//! the first step; to a store of an earlier schema they are not there (`TablesIn::of_schema`).
//!
//! Other processes notice at their next write that the store moved, open it anew, and are refused where they cannot write
//! its schema. Nothing is upgraded by opening it.

mod commits;
mod quarantine;

use std::path::Path;

use heed::{CommitOrAbort, RwTxn};

use super::env::{self, Env};
use super::options::Options;
use super::shared::Shared;
use super::tables::{NAMES, Tables, TablesIn};
use super::{MAP_FULL, Txn, format, lmdb, open, sealed};
use crate::codec::wire::{Reader, put_bytes, put_varint};
use crate::error::{Error, Result};
use crate::record::time;

const MOVES: &[u8] = b"moves";

/// A step from a schema to the next, and back.
pub struct Step {
    /// The schema it leads to.
    pub to: u32,
    /// What it brings.
    pub description: &'static str,
    /// What it takes.
    pub cost: &'static str,
    up: fn(&Tables, &mut RwTxn<'_>) -> Result<()>,
    down: fn(&Tables, &mut RwTxn<'_>) -> Result<()>,
    /// What going back would lose, a line each.
    loses: fn(&Tables, &Txn<'_>) -> Result<Vec<String>>,
}

/// Every step, in order; the first leads to schema 2.
pub const STEPS: &[Step] = &[commits::STEP, quarantine::STEP];

/// The schema this program writes.
pub const LATEST: u32 = 1 + STEPS.len() as u32;

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The schema before.
    pub from: u32,
    /// The schema after.
    pub to: u32,
    /// When, µs.
    pub at: i64,
    /// Who, as `user@host`.
    pub by: String,
    /// Version of the program.
    pub program: String,
}

/// A step that would be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The schema before.
    pub from: u32,
    /// The schema after.
    pub to: u32,
    /// What the step does.
    pub description: String,
    /// What it takes.
    pub cost: String,
    /// What it would lose, a line each.
    pub loses: Vec<String>,
}

/// The steps from one schema to another: each the number before and after.
fn path(from: u32, to: u32) -> Vec<(u32, u32, &'static Step)> {
    let between = |low: u32, high: u32| STEPS.iter().filter(move |step| step.to > low && step.to <= high);
    match from <= to {
        true => between(from, to).map(|step| (step.to - 1, step.to, step)).collect(),
        false => between(to, from).rev().map(|step| (step.to, step.to - 1, step)).collect(),
    }
}

/// Refuses a schema there is not.
///
/// # Errors
/// `Validation`.
fn check_target(target: u32) -> Result<()> {
    match (1..=LATEST).contains(&target) {
        true => Ok(()),
        false => Err(Error::validation(format!("schema {target}: allowed are 1 to {LATEST}"))),
    }
}

/// What moving to a schema would do.
pub(super) fn plan(tables: &Tables, txn: &Txn<'_>, target: u32) -> Result<Vec<Planned>> {
    check_target(target)?;
    let now = format::identity(tables, txn)?.format;
    let planned = |(from, to, step): (u32, u32, &Step)| {
        let loses = if to < from { (step.loses)(tables, txn)? } else { Vec::new() };
        let description = match to < from {
            true => format!("take back: {}", step.description),
            false => step.description.to_owned(),
        };
        Ok(Planned { from, to, description, cost: step.cost.to_owned(), loses })
    };
    path(now, target).into_iter().map(planned).collect()
}

/// Moves a store to a schema, step by step; what was done.
///
/// # Errors
/// `Validation` for a schema there is not; `Conflict` with what would be lost, unless that is allowed; `Storage` with the
/// step that failed, and the store is at the schema before it.
pub(super) fn go(shared: &Shared, target: u32, allow_loss: bool, by: &str) -> Result<Vec<Move>> {
    check_target(target)?;
    let mut moves = Vec::new();
    shared.reshape(|path, options| {
        let mut size = options.map_size.unwrap_or(env::FIRST_MAP);
        loop {
            match on(path, options, size, target, allow_loss, by, &mut moves) {
                Err(error) if error.message() == MAP_FULL => size = size.saturating_mul(2),
                done => return done,
            }
        }
    })?;
    Ok(moves)
}

/// Takes the steps in an environment of its own, which holds every table.
fn on(
    path: &Path,
    options: &Options,
    size: usize,
    target: u32,
    allow_loss: bool,
    by: &str,
    moves: &mut Vec<Move>,
) -> Result<()> {
    let env = env::open(path, size, NAMES.len(), open::flags(path, options))?;
    let done = steps(&env, target, allow_loss, by, moves);
    env::close(env);
    done
}

fn steps(env: &Env, target: u32, allow_loss: bool, by: &str, moves: &mut Vec<Move>) -> Result<()> {
    let tables = every_table(env)?;
    let now = {
        let txn = env.read_txn().map_err(lmdb)?;
        refuse_losses(&tables, &txn, target, allow_loss)?;
        format::identity(&tables, &txn)?.format
    };
    for (from, to, step) in self::path(now, target) {
        let made = Move { from, to, at: time::now(), by: by.to_owned(), program: format::PROGRAM.to_owned() };
        take(env, &tables, step, &made).map_err(|error| match error.message() == MAP_FULL {
            true => error,
            false => error.context(format!("schema {from} to {to}: nothing of this step was kept")),
        })?;
        moves.push(made);
    }
    tidy(env, &tables, target)
}

fn every_table(env: &Env) -> Result<Tables> {
    let txn = env.write_txn().map_err(lmdb)?;
    let created = env.create_databases_and_commit(txn, |opener, txn| {
        Ok::<_, Error>(CommitOrAbort::<_, ()>::Commit(TablesIn::create(opener, txn)?))
    })?;
    created.commit().ok_or_else(|| Error::storage("the tables were not opened"))
}

fn refuse_losses(tables: &Tables, txn: &Txn<'_>, target: u32, allow_loss: bool) -> Result<()> {
    let lost: Vec<String> = plan(tables, txn, target)?.into_iter().flat_map(|planned| planned.loses).collect();
    match lost.is_empty() || allow_loss {
        true => Ok(()),
        false => Err(Error::conflict(format!(
            "going back to schema {target} would lose {}; allow_loss=True goes all the same, nothing was changed",
            lost.join("; ")
        ))),
    }
}

fn take(env: &Env, tables: &Tables, step: &Step, made: &Move) -> Result<()> {
    let mut txn = env.write_txn().map_err(lmdb)?;
    match made.to > made.from {
        true => (step.up)(tables, &mut txn)?,
        false => (step.down)(tables, &mut txn)?,
    }
    let identity = format::identity(tables, &txn)?;
    format::write(tables, &mut txn, format::Identity { format: made.to, ..identity })?;
    let mut all = history(tables, &txn)?;
    all.push(made.clone());
    write_history(tables, &mut txn, &all)?;
    txn.commit().map_err(lmdb)
}

/// Removes tables that the schema does not have, so that its file is what an earlier program wrote.
fn tidy(env: &Env, tables: &Tables, schema: u32) -> Result<()> {
    let kept = tables.of_schema(schema).0.all();
    let mut txn = env.write_txn().map_err(lmdb)?;
    for (name, table) in tables.all() {
        if kept.iter().all(|(other, _)| *other != name) {
            env::remove(table, &mut txn)?;
        }
    }
    txn.commit().map_err(lmdb)
}

/// Every step that was taken, in order.
pub(super) fn history(tables: &TablesIn<'_>, txn: &Txn<'_>) -> Result<Vec<Move>> {
    let Some(value) = tables.meta.get(txn, MOVES).map_err(lmdb)? else { return Ok(Vec::new()) };
    let mut reader = Reader::new(sealed::open("meta", MOVES, value)?, "schema history");
    let mut moves = Vec::new();
    for _ in 0..reader.count(reader.remaining())? {
        let schema = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let (from, to) = (schema(reader.varint()?), schema(reader.varint()?));
        let at = reader.u64()? as i64;
        let (by, program) = (reader.text()?.to_owned(), reader.text()?.to_owned());
        moves.push(Move { from, to, at, by, program });
    }
    reader.finish().map(|()| moves)
}

pub(super) fn write_history(tables: &TablesIn<'_>, txn: &mut RwTxn<'_>, moves: &[Move]) -> Result<()> {
    let mut payload = Vec::new();
    put_varint(&mut payload, moves.len() as u64);
    for made in moves {
        put_varint(&mut payload, u64::from(made.from));
        put_varint(&mut payload, u64::from(made.to));
        payload.extend(made.at.to_le_bytes());
        put_bytes(&mut payload, made.by.as_bytes());
        put_bytes(&mut payload, made.program.as_bytes());
    }
    tables.meta.put(txn, MOVES, &sealed::seal("meta", MOVES, &payload)).map_err(lmdb)
}

/// A table that a step is about.
fn table(table: Option<super::tables::Table>, name: &str) -> Result<super::tables::Table> {
    table.ok_or_else(|| Error::storage(format!("table {name} was not opened")))
}
