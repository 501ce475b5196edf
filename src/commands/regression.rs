//! A case as a test: a file in `corpus/regressions/` that says what every version does on it.

use corpus::{Case, Entry, Expect, REGRESSIONS_FOLDER, bytes};
use explore::shrink::Signature;
use impls::{Scenario, Version};
use oracle::{counted, trace};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A file that was written, and what is to be said of it.
pub struct Written {
    /// Where it is.
    pub path: PathBuf,
    /// Versions that are believed correct and do not do today what the file expects of them.
    pub alarms: Vec<&'static str>,
}

/// Writes a case as a test. `name` is that of the file without `.case`; it must not be there yet.
pub fn write(case: &Case, signature: &Signature, name: Option<&str>, folder: &Path) -> Result<Written, String> {
    let name = name.map_or_else(|| default_name(case, signature), str::to_owned);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        return Err(format!("expected a name of letters, digits and . + - _ for the test, found '{name}'"));
    }
    let path = folder.join(format!("{name}.case"));
    if path.exists() {
        return Err(format!(
            "{}: there is such a test already, and it is not overwritten; give another name with --as-test=NAME",
            path.display()
        ));
    }
    let (content, alarms) = content(case, signature);
    super::output::text_or_tell(&path, &content)?;
    Ok(Written { path, alarms })
}

/// The folder to write into: the one that was named, or that of the checkout.
pub fn folder(named: Option<&Path>) -> Result<PathBuf, String> {
    let folder = named.map_or_else(checkout, |f| Ok(f.to_owned()))?;
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(format!("{}: expected a folder, found none; create it first", folder.display()))
}

/// The folder in the checkout that the command was started in.
fn checkout() -> Result<PathBuf, String> {
    let here = std::env::current_dir().map_err(|e| e.to_string())?;
    let folder = here.ancestors().find(|checkout| {
        let manifest = std::fs::read_to_string(checkout.join("Cargo.toml")).unwrap_or_default();
        manifest.contains("name = \"lostwrite\"")
    });
    folder.map(|checkout| checkout.join("corpus").join(REGRESSIONS_FOLDER)).ok_or_else(|| {
        format!(
            "--as-test writes into corpus/{REGRESSIONS_FOLDER} of a checkout of lostwrite, and {} is in none; change into one, or \
             name a folder with --dir",
            here.display()
        )
    })
}

/// The version, the judge, and a number of the case that is the same everywhere.
fn default_name(case: &Case, signature: &Signature) -> String {
    let hash = corpus::file_name(&bytes::encode(&counted(signature.version(), case)));
    let version = signature.version().name.chars().map(|c| if plain(c) { c } else { '-' }).collect::<String>();
    let scenario = signature.scenario().map_or(String::new(), |s| format!("-{}", s.name()));
    format!("{version}-{}{scenario}-{}", signature.judge().name(), &hash[..8])
}

fn plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".+-_@".contains(c)
}

/// What every version of the registry does. Versions that lose in different scenarios stand in an entry each,
/// with all that do not lose, since a scenario is an entry's.
fn content(case: &Case, signature: &Signature) -> (String, Vec<&'static str>) {
    let mut losses = BTreeMap::<Option<Scenario>, Vec<(&Version, Expect)>>::new();
    let mut others = Vec::new();
    let mut alarms = Vec::new();
    for version in impls::history() {
        let trace = trace(version, case);
        let verdict = trace.judges.verdict();
        if version.is_correct_on(&case.config) {
            // What is expected of it is what is believed of it.
            others.push((version, Expect::Ok));
            if verdict != Expect::Ok {
                alarms.push(version.name);
            }
        } else if verdict == Expect::Lost {
            losses.entry(trace.scenario()).or_default().push((version, verdict));
        } else {
            others.push((version, verdict));
        }
    }
    let mut groups: Vec<_> = losses.into_iter().collect();
    // The one that the case was shrunk for first.
    groups.sort_by_key(|(scenario, _)| *scenario != signature.scenario());
    if groups.is_empty() {
        groups.push((None, Vec::new()));
    }
    let mut text = format!("# {signature}. Shrunk.\n");
    let finding = trace(signature.version(), case).judges.of(signature.judge());
    if let Some(finding) = finding {
        text += &format!("# {finding}.\n");
    }
    if !signature.version().has_expectations() {
        text += "# That version is not in the registry; the others are held to what they do here.\n";
    }
    for (scenario, losing) in groups {
        let mut versions: Vec<_> = losing.iter().chain(&others).collect();
        versions.sort_by_key(|(version, _)| impls::history().iter().position(|v| v.name == version.name));
        let entry = Entry {
            place: String::new(),
            scenario: scenario.map(|s| s.name().to_owned()),
            expect: versions.into_iter().map(|(version, expect)| (version.name.to_owned(), *expect)).collect(),
            case: case.clone(),
        };
        text += &entry.to_string();
    }
    (text, alarms)
}
