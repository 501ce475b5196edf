//! What the subcommands take as input: a case in place, or a file.

use corpus::{CaseFile, Entry};
use impls::Version;
use std::path::Path;

/// The cases of an argument: a file if there is one of that name, else a case in the text or JSON form.
pub fn cases(argument: &str) -> Result<CaseFile, String> {
    let path = Path::new(argument);
    if path.is_file() {
        let content = std::fs::read(path).map_err(|e| format!("{argument}: {e}"))?;
        return corpus::load(argument, &content).map_err(|e| e.to_string());
    }
    let looks_like_a_path = !argument.contains(char::is_whitespace)
        && (argument.contains('/') || path.extension().is_some_and(|e| e.len() > 1));
    if looks_like_a_path && !argument.trim_start().starts_with('{') {
        return Err(format!(
            "{argument}: no such file (expected a file, or a case such as 'W0 P0 R0 W0 D0 P0 R0')"
        ));
    }
    corpus::load("case", argument.as_bytes()).map_err(|e| e.to_string())
}

/// The single case of an argument.
pub fn one_case(argument: &str) -> Result<Entry, String> {
    let file = cases(argument)?;
    let n = file.entries.len();
    let mut entries = file.entries;
    if n == 1 { Ok(entries.remove(0)) } else { Err(format!("{argument}: expected one case, found {n}")) }
}

/// Versions by name; those of the thread if none is named. Mutants can be named too.
pub fn versions(names: &[String]) -> Result<Vec<&'static Version>, String> {
    if names.is_empty() {
        return Ok(impls::thread());
    }
    names.iter().map(|n| version(n)).collect()
}

/// A version or mutant by name; `v3/drop 12` is what `lostwrite mutants` makes of v3 there.
pub fn version(name: &str) -> Result<&'static Version, String> {
    if let Some((original, place)) = name.split_once('/') {
        let original = version(original)?;
        let edits = impls::edits(&original.listing);
        let edit = edits.iter().find(|e| e.place() == place || e.name == place).ok_or_else(|| {
            let places: Vec<_> = edits.iter().map(impls::Edit::place).collect();
            format!("{} has no mutant '{place}'; expected {}", original.name, places.join(", "))
        })?;
        return Ok(Box::leak(Box::new(edit.of(original))));
    }
    if let Some(mutant) = impls::mutants().iter().find(|m| m.name == name) {
        return Ok(&mutant.version);
    }
    impls::find(name).map_err(|e| {
        let mutants: Vec<_> = impls::mutants().iter().map(|m| m.name).collect();
        format!("{e}; and the mutants {}", mutants.join(", "))
    })
}
