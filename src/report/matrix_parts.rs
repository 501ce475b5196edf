//! Parts of the table of versions, as JSON, and the whole that they make.

use super::{FORMAT, matrix_json};
use explore::{Matrix, Shard};
use oracle::Goal;
use serde_json::{Value, json};

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

/// The whole of all parts: what [`matrix_json`] says of it.
///
/// # Errors
/// If a part is missing, there twice, or of other work.
pub fn join_matrices(parts: &[Value]) -> Result<Value, String> {
    let shard = |part: &Value| {
        serde_json::from_value::<Shard>(part["shard"].clone()).map_err(|e| {
            format!("no part of a matrix: {e}; expected what `matrix --shard I/N --format json` prints")
        })
    };
    for part in parts {
        // In format 1 the number was called `version`.
        let number = part.get("format").or(part.get("version")).and_then(Value::as_u64);
        if !number.is_some_and(|n| (1..=FORMAT.into()).contains(&n)) {
            let found = number.map_or("none".to_owned(), |n| n.to_string());
            return Err(format!(
                "found format {found}; expected one from 1 to {FORMAT}, as `matrix --format json` prints it"
            ));
        }
    }
    let of = shard(&parts[0])?.of;
    let mut by_index: Vec<Option<Value>> = vec![None; of as usize];
    for part in parts {
        let Shard { index, of: theirs } = shard(part)?;
        if part["work"] != parts[0]["work"] || theirs != of {
            return Err("a part is of other work; expected parts of one matrix".to_owned());
        }
        let place = by_index.get_mut(index as usize).ok_or("a part beyond the last")?;
        if place.replace(part.clone()).is_some() {
            return Err(format!("part {}/{of} is there twice; expected each once", index + 1));
        }
    }
    let missing = by_index.iter().position(Option::is_none);
    if let Some(index) = missing {
        return Err(format!("part {}/{of} is missing; expected all of them", index + 1));
    }
    let mut parts: Vec<Value> = by_index.into_iter().flatten().collect();
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
