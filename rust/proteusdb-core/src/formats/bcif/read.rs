//! BinaryCIF bytes to columns.

use super::super::cif::{Layout, Tables, is_atom_site};
use super::columns::TextColumn;
use super::msgpack::{self, Value};
use crate::error::{Error, Result};
use crate::record::Structure;

/// Columns of a category by full tag.
struct Category {
    tags: Vec<String>,
    columns: Vec<TextColumn>,
}

/// Reads the first block that has `_atom_site`.
pub(in super::super) fn read(bytes: &[u8]) -> Result<Structure> {
    let damaged = || Error::validation("BinaryCIF is damaged or truncated: its msgpack cannot be read");
    let root = msgpack::parse(bytes).ok_or_else(damaged)?;
    let blocks = root.get("dataBlocks").and_then(Value::list);
    let blocks = blocks.ok_or_else(|| Error::validation("no `dataBlocks` list: this msgpack is not BinaryCIF"))?;
    let categories = blocks.iter().filter_map(|block| block.get("categories").and_then(Value::list));
    let with_atoms = categories.into_iter().find(|all| all.iter().any(|one| is_atom_site(&tag(one, ""))));
    let all = with_atoms.ok_or_else(|| Error::validation("no _atom_site category: this BinaryCIF holds no atoms"))?;
    // An atom takes bytes in the coordinate columns, so a file cannot hold many more rows than bytes.
    let limit = bytes.len().saturating_mul(16).saturating_add(1024);
    let mut decoded = Vec::new();
    for category in all {
        if is_atom_site(&tag(category, "")) || Tables::keeps(&tag(category, "")) {
            decoded.push(decode(category, limit)?);
        }
    }
    let mut tables = Tables::default();
    for category in &decoded {
        push(&mut tables, category)?;
    }
    tables.finish()
}

/// `_category.column`, in bytes as CIF text has it.
fn tag(category: &Value<'_>, column: &str) -> Vec<u8> {
    let name = category.get("name").and_then(Value::text).unwrap_or_default();
    format!("_{}.{column}", name.trim_start_matches('_')).into_bytes()
}

fn decode(category: &Value<'_>, limit: usize) -> Result<Category> {
    let mut read = Category { tags: Vec::new(), columns: Vec::new() };
    for column in category.get("columns").and_then(Value::list).unwrap_or_default() {
        let name = column.get("name").and_then(Value::text).unwrap_or_default();
        let full = String::from_utf8_lossy(&tag(category, name)).into_owned();
        let wanted = Tables::keeps(full.as_bytes()) || Layout::reads(full.as_bytes());
        if !wanted {
            continue;
        }
        let decoded = TextColumn::decode(column, limit).map_err(|e| Error::validation(format!("{full}: {e}")))?;
        if let Some(first) = read.columns.first().filter(|first| first.len() != decoded.len()) {
            let (rows, expected) = (decoded.len(), first.len());
            return Err(Error::validation(format!("{full} has {rows} rows, {expected} are needed")));
        }
        read.tags.push(full);
        read.columns.push(decoded);
    }
    Ok(read)
}

fn push<'a>(tables: &mut Tables<'a>, category: &'a Category) -> Result<()> {
    let rows = category.columns.first().map_or(0, TextColumn::len);
    let tags: Vec<&[u8]> = category.tags.iter().map(String::as_bytes).collect();
    if tags.first().is_some_and(|tag| is_atom_site(tag)) {
        let layout = tables.open_atoms(&tags).map_err(Error::validation)?;
        for row in 0..rows {
            let values = category.columns.iter().map(|column| column.value(row));
            tables
                .push_atom(&layout, values)
                .map_err(|e| Error::validation(format!("_atom_site row {}: {e}", row + 1)))?;
        }
        return Ok(());
    }
    for (tag, column) in tags.iter().zip(&category.columns) {
        (0..rows).for_each(|row| tables.push_value(tag, column.value(row)));
    }
    Ok(())
}
