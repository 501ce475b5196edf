//! Everything that is printed for programs is in the form that its schema says, and the schemas notice what
//! is not.

use crate::common::{S1, lostwrite, own_version, printed, repository, written};
use jsonschema::Validator;
use report::schemas::{ALL, Schema};
use report::{Witness, finding_json};
use serde_json::{Value, json};

const N01: &str = "kernel=6.0 W0 IW0 K+ W0 B0 R0";
const RACE: &str = "cpu0: W0 F0 D0 | cpu1: W0";

/// The standard output of a command that exits with 0 or 1.
fn output(args: &[&str]) -> String {
    let assert = lostwrite(args);
    assert!(
        assert.get_output().status.code().is_some_and(|code| code <= 1),
        "{args:?}: {:?}",
        assert.get_output()
    );
    printed(&assert)
}

/// A document, or one in each line.
fn documents(text: &str) -> Vec<Value> {
    serde_json::from_str(text).map_or_else(
        |_| {
            text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
        },
        |whole| vec![whole],
    )
}

/// What the program prints in each form, by the name of the schema.
fn printed_forms() -> Vec<(&'static str, Vec<Value>)> {
    let json = ["--format", "json"];
    let with = |args: &[&str]| documents(&output(&[args, &json].concat()));
    let small = ["--ops", "2", "--actors", "1"];
    let (_folder, path) = own_version("mine.json", &[]);
    let night = tempfile::tempdir().expect("a folder");
    let out = night.path().display().to_string();
    lostwrite(&["nightly", "--chunks", "5", "--seed", "1", "--out", &out]);
    let report = std::fs::read_to_string(night.path().join("report.json")).expect("a report");
    let quick = ["--budget", "3000", "--samples", "10"];
    let witness = |other: &str| {
        let version = impls::find("v1").expect("registered");
        let case = "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0*26 1*3".parse().expect("a case");
        match impls::find(other) {
            Ok(other) => Witness::with(version, other, &case, None),
            Err(_) => Witness::alone(version, &case, None),
        }
    };
    vec![
        (
            "case",
            [
                output(&["convert", "--to", "json", S1]),
                output(&["shrink", "--impl", "pre-fix", "--to", "json", S1]),
            ]
            .iter()
            .flat_map(|t| documents(t))
            .collect(),
        ),
        ("case", vec![json!({ "actors": [{ "kind": "cpu", "ops": ["W0"] }] })]),
        ("version", impls::history().iter().flat_map(|v| with(&["explain", v.name])).collect()),
        ("version", with(&["explain", "--impl-file", &path])),
        ("versions", with(&["list"])),
        ("assumptions", with(&["assumptions"])),
        ("functions", with(&["list", "functions"])),
        ("steps", with(&["steps"])),
        ("check", with(&["check", &repository("tests/check/wp_page_copy.listing"), "--time", "20"])),
        ("check", with(&["check", &path, "--time", "5", "--ops", "1"])),
        (
            "finding",
            vec![
                finding_json(&witness("v3")),
                finding_json(&witness("")),
                finding_json(&Witness::alone(
                    impls::find("v3").expect("registered"),
                    &S1.parse().expect("a case"),
                    None,
                )),
            ],
        ),
        ("matrix", with(&[&["matrix", "--impl", "v1", "--impl", "7.3"], &quick[..]].concat())),
        ("matrix-part", with(&[&["matrix", "--impl", "pre-fix", "--shard", "2/3"], &quick[..]].concat())),
        (
            "separation-part",
            with(&[&["distinguish", "pre-fix", "v3", "--ops", "4", "--actors", "1"][..]].concat()),
        ),
        ("separation-part", with(&[&["ablate", "v3", "--step", "1"], &small[..]].concat())),
        ("outcomes", with(&["outcomes", "--impl", "v1", "--impl", "v3", RACE])),
        ("outcomes", with(&["outcomes", "--budget", "10", RACE])),
        ("exhaust", with(&["exhaust", "--impl", "v1", "--impl", "v3", RACE])),
        ("exhaust", with(&["exhaust", "--budget", "10", RACE])),
        ("exhaust", with(&["exhaust", "--impl", "v3", "--no-assume", "reference-does-not-hold", N01])),
        ("hunt", with(&["hunt", "--impl", "pre-fix", "--impl", "v3", "--executions", "2000"])),
        ("mutants", with(&["mutants", "--impl", "v1", "--budget", "200", "--samples", "20"])),
        ("conform", with(&["conform", &repository("corpus/ground-truth/cases.tsv")])),
        ("corpus-stats", with(&["corpus", "stats", &repository("corpus/scenarios")])),
        ("night", documents(&report)),
    ]
}

pub fn validator(schema: &Schema) -> Validator {
    let of = |text: &str| serde_json::from_str::<Value>(text).expect("a schema is JSON");
    let schema = of(schema.text);
    assert!(jsonschema::draft202012::meta::is_valid(&schema), "{}", schema["$id"]);
    // A finding holds a case.
    let mut registry = jsonschema::Registry::new();
    for other in ALL {
        let other = of(other.text);
        let id = other["$id"].as_str().expect("an id").to_owned();
        registry = registry.add(id, other).expect("an id of its own");
    }
    let registry = registry.prepare().expect("the ids are of one another");
    jsonschema::options().with_registry(&registry).build(&schema).expect("a schema")
}

/// Every document that differs from a good one by a field that is gone, of another type, or too many; each of
/// the objects in it in turn.
fn damaged(good: &Value) -> Vec<(String, Value)> {
    fn walk(at: &str, value: &Value, out: &mut Vec<(String, Value)>) {
        let place = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        match value {
            Value::Object(map) => map.iter().for_each(|(key, v)| {
                out.push((place(key), v.clone()));
                walk(&place(key), v, out);
            }),
            Value::Array(items) => {
                // Items are alike.
                items.iter().take(1).enumerate().for_each(|(n, v)| walk(&place(&n.to_string()), v, out));
            }
            _ => {}
        }
    }
    let mut fields = Vec::new();
    walk("", good, &mut fields);
    let mut out = Vec::new();
    for (place, _) in &fields {
        let (above, key) = place.rsplit_once('/').expect("a path");
        let mut wrong = good.clone();
        // Nothing in any form is an object with this field.
        *wrong.pointer_mut(place).expect("it is there") = json!({ "no such field": [] });
        out.push((format!("{place} is of another type"), wrong));
        let mut less = good.clone();
        let object = less.pointer_mut(above).and_then(Value::as_object_mut).expect("an object");
        object.remove(&key.replace("~1", "/").replace("~0", "~"));
        out.push((format!("{place} is gone"), less));
    }
    let mut more = good.clone();
    more["no such field"] = json!(1);
    out.push(("a field too many".to_owned(), more));
    let mut other = good.clone();
    if other.get("format").is_some() {
        other["format"] = json!(99);
        out.push(("another format".to_owned(), other));
    }
    out
}

/// Fields that may be absent, or that are names of a reader's own.
fn may_go(schema: &str, what: &str) -> bool {
    let optional: &[&str] = match schema {
        "case" => &["/format", "/options", "/options/", "/schedule"],
        "version" => &["/format", "/kernel", "/migration_entry", "/else", "/file", "/read", "/contract"],
        "corpus-stats" => &["/actors/", "/operations/", "/features/", "/goals/", "/verdicts/"],
        "finding" | "check" => &["/case/json/", "/data", "/value"],
        // A cell without programs has none of these; one with a case has all.
        "matrix" | "matrix-part" => &["/programs", "/case"],
        // A night that goes on, or leaves them out, has none.
        "night" => &["/families is"],
        _ => &[],
    };
    what.ends_with(" is gone") && optional.iter().any(|o| what.contains(o))
}

#[test]
fn every_output_is_as_its_schema_says_and_damage_is_noticed() {
    let forms = printed_forms();
    for schema in ALL {
        let validator = validator(schema);
        let documents: Vec<_> =
            forms.iter().filter(|(name, _)| *name == schema.name).flat_map(|(_, d)| d).collect();
        assert!(!documents.is_empty(), "no output for {}", schema.name);
        for document in &documents {
            if let Err(e) = validator.validate(document) {
                panic!("{}: {}: {e}\n{document:#}", schema.name, e.instance_path());
            }
        }
        for (what, wrong) in damaged(documents[0]) {
            assert!(
                may_go(schema.name, &what) || !validator.is_valid(&wrong),
                "{}: {what}, and nobody says so",
                schema.name
            );
        }
    }
}

/// The files of the repository are the schemas of the program, and `lostwrite schema` prints them.
#[test]
fn every_schema_is_published() {
    let list = printed(&lostwrite(&["schema"]).success());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(repository("report/schemas")).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        names.push(name.strip_suffix(".schema.json").unwrap_or_else(|| panic!("{name}: no schema")).to_owned());
    }
    names.sort();
    let mut known: Vec<_> = ALL.iter().map(|s| s.name).collect();
    known.sort_unstable();
    assert_eq!(names, known);
    for schema in ALL {
        assert!(list.lines().any(|l| l.starts_with(schema.name)), "{list}");
        let text = printed(&lostwrite(&["schema", schema.name]).success());
        assert_eq!(
            text,
            std::fs::read_to_string(repository(&format!("report/schemas/{}.schema.json", schema.name)))
                .expect("a file")
        );
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let form = value["properties"]["format"]["const"]
            .as_u64()
            .or(value["properties"]["question"]["properties"]["format"]["const"].as_u64());
        assert_eq!(value["$id"], format!("urn:lostwrite:schema:{}:{}", schema.name, form.expect("a number")));
        described(schema.name, &value);
    }
    lostwrite(&["schema", "nothing"]).code(2);
}

/// Every property says what it means.
fn described(at: &str, schema: &Value) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (name, property) in properties {
            let told = property.get("description").is_some()
                || property.get("$ref").is_some()
                || property.get("anyOf").is_some()
                || property.get("const").is_some();
            assert!(told, "{at}/{name} has no description");
        }
    }
    match schema {
        Value::Object(map) => map.iter().for_each(|(key, value)| described(&format!("{at}/{key}"), value)),
        Value::Array(items) => items.iter().for_each(|value| described(at, value)),
        _ => {}
    }
}

/// What was written before there were numbers is still read.
#[test]
fn older_files_are_still_read() {
    let json = output(&["explain", "v3", "--format", "json"]).replace("\"v3\"", "\"old\"");
    let mut old: Value = serde_json::from_str(&json).expect("JSON");
    let form = old.as_object_mut().expect("an object");
    form.remove("format");
    let functions = form.remove("functions").expect("the functions");
    form.insert("listing".to_owned(), functions[0]["listing"].clone());
    let (_folder, path) = written("old.json", old.to_string());
    lostwrite(&["explain", "--impl-file", &path]).success();
    lostwrite(&["replay", "-q", r#"{"actors":[{"kind":"cpu","ops":["W0"]}]}"#]).success();
    let folder = tempfile::tempdir().expect("a folder");
    let whole = ["matrix", "--impl", "v2", "--budget", "100", "--samples", "10", "--format", "json"];
    let mut paths = Vec::new();
    for part in ["1/2", "2/2"] {
        let text =
            output(&[&whole[..], &["--shard", part]].concat()).replacen("\"format\": 2", "\"version\": 1", 1);
        let text = text.replacen("\"format\":2", "\"version\":1", 1);
        assert!(text.contains("version"), "{text}");
        let path = folder.path().join(part.replace('/', "-")).display().to_string();
        std::fs::write(&path, text).expect("a file");
        paths.push(path);
    }
    let joined = output(&["merge", &paths[0], &paths[1]]);
    assert_eq!(documents(&joined), documents(&output(&whole)));
}
