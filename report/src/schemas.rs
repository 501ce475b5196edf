//! The JSON Schemas of everything that is printed for programs.

/// The schema of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Its name, which its file in `report/schemas/` has before `.schema.json`.
    pub name: &'static str,
    /// Which command prints the form.
    pub printed_by: &'static str,
    /// JSON Schema, draft 2020-12.
    pub text: &'static str,
}

macro_rules! schemas {
    ($($name:literal: $printed_by:literal,)*) => {
        &[$(Schema {
            name: $name,
            printed_by: $printed_by,
            text: include_str!(concat!("../schemas/", $name, ".schema.json")),
        }),*]
    };
}

/// Every schema.
pub const ALL: &[Schema] = schemas! {
    "case": "lostwrite convert --to json CASE|FOLDER, shrink --to json",
    "version": "lostwrite explain VERSION --format json",
    "functions": "lostwrite list functions --format json",
    "steps": "lostwrite steps --format json",
    "check": "lostwrite check FILE --format json, a line for each file",
    "versions": "lostwrite list --format json",
    "assumptions": "lostwrite assumptions --format json",
    "finding": "lostwrite report finding CASE --impl VERSION --format json",
    "matrix": "lostwrite matrix --format json, and merge of its parts",
    "matrix-part": "lostwrite matrix --shard I/N --format json",
    "separation-part": "lostwrite distinguish and ablate --format json",
    "outcomes": "lostwrite outcomes CASE --format json, a line for each case",
    "exhaust": "lostwrite exhaust CASE --format json, a line for each case",
    "hunt": "lostwrite hunt --format json",
    "mutants": "lostwrite mutants --format json",
    "conform": "lostwrite conform --format json",
    "corpus-stats": "lostwrite corpus stats FOLDER --format json",
    "night": "lostwrite nightly --out DIR: DIR/report.json",
};
