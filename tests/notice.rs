//! NOTICE has the packages whose licence asks for it, and no others.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Packages that the binary is linked from, with their licences: what only runs in the compiler is no part of
/// it.
fn linked() -> BTreeMap<String, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    // Of packages for other systems a build has no need, and then they are not there yet.
    let ask = |more: &[&str]| {
        let mut command = Command::new(&cargo);
        command.args(["metadata", "--format-version", "1", "--locked"]).args(more);
        command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs")
    };
    let offline = ask(&["--offline"]);
    let out = if offline.status.success() { offline } else { ask(&[]) };
    let metadata: Value = serde_json::from_slice(&out.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&out.stderr)));
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let packages: BTreeMap<String, Value> =
        list(&metadata["packages"]).into_iter().map(|p| (p["id"].to_string(), p)).collect();
    let nodes: BTreeMap<String, Value> =
        list(&metadata["resolve"]["nodes"]).into_iter().map(|n| (n["id"].to_string(), n)).collect();
    let root = packages.values().find(|p| p["name"] == "lostwrite").expect("the command").clone();
    let (mut open, mut seen, mut found) = (vec![root["id"].to_string()], BTreeSet::new(), BTreeMap::new());
    while let Some(id) = open.pop() {
        let package = &packages[&id];
        let kinds = list(&package["targets"]).into_iter().flat_map(|t| list(&t["kind"])).collect::<Vec<_>>();
        if !seen.insert(id.clone()) || kinds.contains(&Value::from("proc-macro")) {
            continue;
        }
        if !package["source"].is_null() {
            let text = |field: &str| package[field].as_str().unwrap_or_default().to_owned();
            found.insert(text("name"), text("license"));
        }
        for dependency in list(&nodes[&id]["deps"]) {
            if list(&dependency["dep_kinds"]).iter().any(|k| k["kind"].is_null()) {
                open.push(dependency["pkg"].to_string());
            }
        }
    }
    found
}

/// Whether one of the licences that a package offers is Apache-2.0, and it is not the only one.
fn offers_apache(licence: &str) -> bool {
    let choices: Vec<_> = licence.split(" OR ").flat_map(|l| l.split('/')).map(str::trim).collect();
    choices.len() > 1 && choices.contains(&"Apache-2.0")
}

#[test]
fn every_package_that_needs_a_notice_has_one() {
    let notice = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("NOTICE")).expect("a notice");
    let mut told = BTreeMap::new();
    let mut section = "";
    for line in notice.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
        // The licences' own texts have no such lists.
        if let Some(name) = line.strip_prefix("* ") {
            let name = name.split([':', ' ']).next().unwrap_or(name);
            told.insert(name.to_owned(), section);
        }
    }
    let needed: BTreeMap<String, String> = linked().into_iter().filter(|(_, l)| !offers_apache(l)).collect();
    assert!(needed.contains_key("deunicode") && needed.contains_key("similar"), "{needed:?}");
    let names = |known: BTreeSet<&String>| known.into_iter().cloned().collect::<Vec<_>>();
    assert_eq!(names(told.keys().collect()), names(needed.keys().collect()));
    for (name, licence) in needed {
        let section = told[&name].trim_end_matches(" only");
        let mut licences = licence.split(" AND ").flat_map(|l| l.split(" OR "));
        assert!(licences.any(|l| l == section), "{name}: {licence}, and stands under {section}");
    }
}
