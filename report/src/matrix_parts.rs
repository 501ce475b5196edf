//! Parts of the table of versions, as JSON, and the whole that they make.

use super::{FORMAT, matrix_json};
use explore::answers::distinguish::Shard;
use explore::answers::matrix::Matrix;
use oracle::Goal;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The cells of a part; the others are null. `work` tells apart what must not be joined.
#[must_use]
pub fn matrix_part_json(tables: &[Matrix], part: Shard, work: &str) -> Value {
    let mut json = matrix_json(tables);
    for (number, cell) in cells(&mut json).into_iter().enumerate() {
        if !part.has(number as u64) {
            *cell = Value::Null;
        }
    }
    json["shard"] = json!(part);
    json["work"] = work.into();
    json
}

/// What is wrong with a value of a part, and where.
fn wrong(place: &str, expected: &str, found: &Value) -> String {
    let text = found.to_string();
    let short: String = text.chars().take(60).collect();
    format!("{place}: expected {expected}, found {short}{}", if short.len() < text.len() { " ..." } else { "" })
}

fn list<'a>(value: &'a Value, name: &str, place: &str) -> Result<&'a Vec<Value>, String> {
    let found = &value[name];
    found.as_array().ok_or_else(|| wrong(&format!("{place}.{name}"), "a list", found))
}

/// Whether a value has the form of a part.
///
/// # Errors
/// With the place, what was found there and what was expected.
pub fn check_matrix_part(part: &Value) -> Result<(), String> {
    // In format 1 the number was called `version`.
    let number = part.get("format").or(part.get("version")).and_then(Value::as_u64);
    if !number.is_some_and(|n| (1..=FORMAT.into()).contains(&n)) {
        let found = number.map_or("none".to_owned(), |n| n.to_string());
        return Err(format!(
            "found format {found}; expected one from 1 to {FORMAT}, as `matrix --format json` prints it"
        ));
    }
    let Shard { index, of } = shard(part)?;
    if index >= of {
        return Err(format!("$.shard: expected an index below 'of', found {index} of {of}"));
    }
    if !part["work"].is_string() {
        return Err(wrong("$.work", "a text", &part["work"]));
    }
    for (n, table) in list(part, "tables", "$")?.iter().enumerate() {
        let place = format!("$.tables[{n}]");
        if !table["hardware"].is_string() {
            return Err(wrong(&format!("{place}.hardware"), "the name of a CPU", &table["hardware"]));
        }
        list(table, "reached", &place)?;
        for (n, row) in list(table, "rows", &place)?.iter().enumerate() {
            let place = format!("{place}.rows[{n}]");
            if !row["impl"].is_string() {
                return Err(wrong(&format!("{place}.impl"), "the name of a version", &row["impl"]));
            }
            for (n, cell) in list(row, "cells", &place)?.iter().enumerate() {
                // A cell of another part, or of a scenario without a program. Nothing is expected of a version of
                // one's own.
                let said = &cell["as_expected"];
                let right = cell.is_null() || cell["verdict"].is_string() && (said.is_boolean() || said.is_null());
                if !right {
                    return Err(wrong(&format!("{place}.cells[{n}]"), "a cell with its verdict, or null", cell));
                }
            }
        }
    }
    Ok(())
}

fn shard(part: &Value) -> Result<Shard, String> {
    serde_json::from_value::<Shard>(part["shard"].clone())
        .map_err(|e| format!("no part of a matrix: {e}; expected what `matrix --shard I/N --format json` prints"))
}

/// A CPU, and of each of its rows version, kernel and number of cells.
type Table<'a> = (&'a Value, Vec<(&'a Value, &'a Value, usize)>);

/// Which cells there are: CPUs, versions, and how many scenarios.
fn skeleton<'a>(part: &'a Value) -> Vec<Table<'a>> {
    let tables = part["tables"].as_array().into_iter().flatten();
    let of_row = |r: &'a Value| (&r["impl"], &r["kernel"], r["cells"].as_array().map_or(0, Vec::len));
    let of_table = |t: &'a Value| {
        let rows = t["rows"].as_array().into_iter().flatten();
        (&t["hardware"], rows.map(of_row).collect())
    };
    tables.map(of_table).collect()
}

/// The whole of all parts: what [`matrix_json`] says of it.
///
/// # Errors
/// If a part is malformed, missing, there twice, or of other work.
pub fn join_matrices(parts: &[Value]) -> Result<Value, String> {
    for part in parts {
        check_matrix_part(part)?;
    }
    let Some(first) = parts.first() else { return Err("expected a part, found none".to_owned()) };
    let of = shard(first)?.of;
    let mut by_index = BTreeMap::<u64, &Value>::new();
    for part in parts {
        let Shard { index, of: theirs } = shard(part)?;
        if part["work"] != first["work"] || theirs != of || skeleton(part) != skeleton(first) {
            return Err("a part is of other work; expected parts of one matrix".to_owned());
        }
        if by_index.insert(index, part).is_some() {
            return Err(format!("part {}/{of} is there twice; expected each once", index + 1));
        }
    }
    if let Some(index) = (0..of).find(|index| !by_index.contains_key(index)) {
        return Err(format!("part {}/{of} is missing; expected all of them", index + 1));
    }
    let mut parts: Vec<Value> = by_index.into_values().cloned().collect();
    let mut whole = parts[0].clone();
    if let Some(object) = whole.as_object_mut() {
        object.remove("shard");
        object.remove("work");
        object.remove("version");
        object.insert("format".to_owned(), FORMAT.into());
    }
    let summaries: Vec<Vec<Value>> =
        parts.iter().map(|p| p["tables"].as_array().cloned().unwrap_or_default()).collect();
    for (number, cell) in cells(&mut whole).into_iter().enumerate() {
        let theirs = cells(&mut parts[number % of as usize]);
        *cell = theirs.into_iter().nth(number).map(|c| c.take()).unwrap_or(Value::Null);
    }
    for (n, table) in whole["tables"].as_array_mut().into_iter().flatten().enumerate() {
        let tables = || summaries.iter().filter_map(|s| s.get(n));
        let reached = |goal: &Goal| {
            tables().any(|t| t["reached"].as_array().is_some_and(|r| r.iter().any(|g| g == goal.text())))
        };
        let (yes, no): (Vec<Goal>, Vec<Goal>) = Goal::ALL.iter().partition(|g| reached(g));
        table["reached"] = yes.into_iter().map(|g| g.text()).collect::<Vec<_>>().into();
        table["never"] = no.into_iter().map(|g| g.text()).collect::<Vec<_>>().into();
        // Parts of older builds do not count what was found where nothing is expected.
        table["found"] = tables().filter_map(|t| t["found"].as_u64()).sum::<u64>().into();
        table["as_expected"] = tables().all(|t| t["as_expected"] == true).into();
    }
    Ok(whole)
}

/// The cells in reading order, over all tables.
fn cells(json: &mut Value) -> Vec<&mut Value> {
    let tables = json["tables"].as_array_mut().into_iter().flatten();
    let rows = tables.flat_map(|t| t["rows"].as_array_mut().into_iter().flatten());
    rows.flat_map(|r| r["cells"].as_array_mut().into_iter().flatten()).collect()
}
