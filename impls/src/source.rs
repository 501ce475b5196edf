//! Where a step of a listing stands in a file: the version's own, or the JSON that it was read from.
//!
//! The file is read for the names of steps, in order. If they are not those of the listing (the file has
//! changed since, or an object's keys stand in another order), no line is claimed.

use crate::version::Version;
use model::Action;
use model::listing::Node;
use std::borrow::Cow;

/// The file of a listing, and the line of each of its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path: relative to the repository for a version that is built in, as it was given for one from a
    /// file.
    pub file: Cow<'static, str>,
    /// The lines, from 1; the first is that of step 1, as [`model::Code::subject_step`] counts.
    pub lines: Vec<usize>,
}

macro_rules! sources {
    ($($version:literal => $file:literal,)*) => {
        &[$(($version, concat!("impls/src/collect/", $file), include_str!(concat!("collect/", $file)))),*]
    };
}

/// Version, path, text.
const SOURCES: &[(&str, &str, &str)] = sources! {
    "5.18" => "v5_18.rs",
    "pre-fix" => "pre_fix.rs",
    "v1" => "v1.rs",
    "v2" => "v2.rs",
    "v3.1" => "v3_1.rs",
    "v3.2" => "v3_2.rs",
    "v3" => "v3.rs",
    "DH+" => "dh_plus.rs",
    "6.1" => "v6_1.rs",
    "6.1.192" => "v6_1_192.rs",
    "7.0-rc6" => "v7_0_rc6.rs",
    "7.2" => "v7_2.rs",
    "7.3" => "v7_3.rs",
    "7.3-closed" => "v7_3_closed.rs",
};

/// Where the steps of a version stand; `None` if that cannot be told, as for a mutant, which no file holds.
#[must_use]
pub fn source(version: &Version) -> Option<Source> {
    let names = steps(&version.listing);
    let (file, found) = match version.file {
        // A pipe gives its content once, and it was read when the version was loaded.
        Some(path) if !std::path::Path::new(path).is_file() => return None,
        Some(path) => (Cow::Borrowed(path), in_json(&std::fs::read_to_string(path).ok()?)),
        None => {
            let (_, path, text) = SOURCES.iter().find(|(name, ..)| *name == version.name)?;
            (Cow::Borrowed(*path), in_rust(text))
        }
    };
    let as_listed = found.len() == names.len() && found.iter().zip(&names).all(|((name, _), step)| name == step);
    as_listed.then(|| Source { file, lines: found.into_iter().map(|(_, line)| line).collect() })
}

/// The names of a listing's steps, as they are numbered.
#[must_use]
pub fn steps(listing: &[Node]) -> Vec<&'static str> {
    actions(listing).into_iter().map(Action::name).collect()
}

/// The steps of a listing, as they are numbered: a step before what its failure leads to, a condition before
/// what it guards.
#[must_use]
pub fn actions(listing: &[Node]) -> Vec<Action> {
    let mut out = Vec::new();
    for node in listing {
        match node {
            Node::Do(action, other) => {
                out.push(*action);
                out.extend(actions(other));
            }
            Node::If(action, yes, no) => {
                out.push(*action);
                out.extend(actions(yes).into_iter().chain(actions(no)));
            }
            Node::EachPage(body) | Node::EachMapping(body) => out.extend(actions(body)),
            _ => {}
        }
    }
    out
}

/// The words of the first `listing! { ... }` that are names of steps, with their lines.
fn in_rust(text: &str) -> Vec<(String, usize)> {
    let Some(start) = text.find("listing! {") else { return Vec::new() };
    let mut out = Vec::new();
    let mut line = 1 + text[..start].matches('\n').count();
    let mut depth = 0;
    let mut rest = text[start + "listing! ".len()..].chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' => line += 1,
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            '/' if rest.peek() == Some(&'/') => while rest.next_if(|c| *c != '\n').is_some() {},
            '"' => line += string(&mut rest).1,
            c if c.is_alphabetic() => {
                let mut word = c.to_string();
                while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                if c.is_uppercase() {
                    out.push((word, line));
                }
            }
            _ => {}
        }
    }
    out
}

/// The strings behind `"listing"` that are names of steps, with their lines.
fn in_json(text: &str) -> Vec<(String, usize)> {
    let mut out = Vec::new();
    let (mut line, mut listing, mut key) = (1, false, String::new());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' => line += 1,
            '"' => {
                let (word, lines) = string(&mut rest);
                let at = line;
                line += lines;
                let mut ahead = rest.clone();
                let is_key = ahead.find(|c| !c.is_whitespace()) == Some(':');
                if is_key {
                    listing |= word == "listing";
                    key = word;
                } else if listing && !["at", "why"].contains(&key.as_str()) && word.starts_with(char::is_uppercase)
                {
                    out.push((word, at));
                }
            }
            // Behind a text there is a list or another object again, with steps that have no key of their
            // own.
            '}' => key.clear(),
            _ => {}
        }
    }
    out
}

/// The rest of a string, and how many line ends are in it.
fn string(rest: &mut std::iter::Peekable<std::str::Chars>) -> (String, usize) {
    let (mut word, mut lines) = (String::new(), 0);
    while let Some(c) = rest.next() {
        let c = match c {
            '"' => break,
            '\\' => rest.next().unwrap_or('\\'),
            c => c,
        };
        lines += usize::from(c == '\n');
        word.push(c);
    }
    (word, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line holds the name of the step, and no line of the listing is left over.
    #[test]
    fn every_version_of_the_registry_is_found_in_its_file() {
        for version in crate::registry() {
            let source = source(version).unwrap_or_else(|| panic!("{}: not found", version.name));
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&*source.file);
            let text = std::fs::read_to_string(&path).expect("the file of the version");
            assert!(text.contains(&format!("\"{}\"", version.name)), "{}: {}", version.name, source.file);
            let lines: Vec<_> = text.lines().collect();
            for (name, line) in steps(&version.listing).iter().zip(&source.lines) {
                assert!(lines[line - 1].contains(name), "{}:{line}: {name}", source.file);
            }
        }
    }

    #[test]
    fn a_version_of_a_file_is_found_there_unless_the_file_has_changed() {
        let v3 = crate::registry().iter().find(|v| v.name == "v3").expect("registered");
        let json = crate::file::to_json(v3);
        let path = std::env::temp_dir().join(format!("lostwrite-source-{}.json", std::process::id()));
        std::fs::write(&path, &json).expect("a file");
        let version = Version { file: Some(path.display().to_string().leak()), ..v3.clone() };
        let found = source(&version).expect("the file holds it");
        for (name, line) in steps(&v3.listing).iter().zip(&found.lines) {
            assert!(json.lines().nth(line - 1).is_some_and(|l| l.contains(name)), "{line}: {name}");
        }
        std::fs::write(&path, json.replace("\"GetFolio\"", "\"PutFolio\"")).expect("a file");
        assert_eq!(source(&version), None);
        std::fs::remove_file(&path).expect("removed");
        assert_eq!(source(&version), None);
    }

    #[test]
    fn a_mutant_is_in_no_file() {
        let v3 = crate::registry().iter().find(|v| v.name == "v3").expect("registered");
        let edit = &crate::edits(&v3.listing)[0];
        assert_eq!(source(&edit.of(v3)), None);
    }
}
