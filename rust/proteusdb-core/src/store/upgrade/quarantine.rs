//! Schema 3: the table `quarantine`, where a repair puts what is damaged.

use heed::RwTxn;

use super::{Step, table};
use crate::error::Result;
use crate::store::tables::Tables;
use crate::store::{lmdb, quarantine};

pub(super) const STEP: Step = Step {
    to: 3,
    description: "a table for what a repair sets aside",
    cost: "one transaction that writes a page",
    up: |tables, txn| table(tables.quarantine, "quarantine")?.clear(txn).map_err(lmdb),
    down,
    loses: |tables, txn| {
        let items = quarantine::all(tables, txn)?;
        Ok(items.into_iter().map(|item| format!("the quarantined {} ({})", item.what, item.why)).collect())
    },
};

fn down(tables: &Tables, txn: &mut RwTxn<'_>) -> Result<()> {
    table(tables.quarantine, "quarantine")?.clear(txn).map_err(lmdb)
}
