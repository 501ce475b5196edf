//! The kernel's names as data: what each means here.

use crate::config::CONFIG;
use std::collections::BTreeMap;

/// What comes with this crate.
const OWN_FILE: &str = "lift/kernel.tsv";
const OWN: &str = include_str!("../kernel.tsv");

/// One row: one kernel name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The name; with `expr:` or `store:` before it an expression in which types stand for variables.
    pub name: String,
    /// What is to be done with it.
    pub role: String,
    /// What it means.
    pub means: String,
    /// The releases that have the name, as `6.1-6.18`; `-` for all.
    pub releases: String,
    /// Why.
    pub note: String,
}

impl Row {
    /// The value of `key=value` in what it means.
    pub fn option(&self, key: &str) -> Option<&str> {
        self.means.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    /// The words of what it means that are no options.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.means.split_whitespace().filter(|word| !word.contains('='))
    }

    /// Whether a release has the name.
    pub fn covers(&self, release: &str) -> bool {
        let (from, to) = self.releases.split_once('-').unwrap_or((&self.releases, ""));
        let number = numbers(release);
        let below = |limit: &str| {
            let limit = numbers(limit);
            number.iter().take(limit.len()).cmp(limit.iter())
        };
        (from.is_empty() || below(from).is_ge()) && (to.is_empty() || below(to).is_le())
    }
}

fn numbers(release: &str) -> Vec<u32> {
    release.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
}

/// All rows, by name.
#[derive(Clone, Debug)]
pub struct Table {
    rows: BTreeMap<String, Row>,
    /// The rows that do not come with this crate, and where they are from.
    given: BTreeMap<String, String>,
    /// Whether a CONFIG option is set.
    options: BTreeMap<String, bool>,
}

/// The roles that rows may have.
const ROLES: &[&str] = &[
    "act",
    "ask",
    "attribute",
    "bit",
    "bug",
    "by",
    "call",
    "carry",
    "cell",
    "clear",
    "config",
    "convert",
    "declare",
    "edit",
    "fact",
    "flag",
    "flush",
    "forbidden",
    "free",
    "function",
    "ignore",
    "kind",
    "leave",
    "lock",
    "mapcount",
    "migration",
    "never",
    "normal",
    "maywrite",
    "part",
    "pass",
    "protect",
    "lostw",
    "samew",
    "queue",
    "read",
    "refs",
    "rmap",
    "same",
    "select",
    "set",
    "step",
    "steps",
    "stop",
    "swapmark",
    "under",
    "value",
    "walk",
    "walkdone",
    "way",
];

impl Default for Table {
    fn default() -> Table {
        let mut table = Table { rows: BTreeMap::new(), given: BTreeMap::new(), options: BTreeMap::new() };
        match table.add(OWN_FILE, OWN).and_then(|()| table.configure("lift/config.tsv", CONFIG)) {
            Ok(()) => table,
            Err(why) => panic!("{why}"),
        }
    }
}

impl Table {
    /// Adds rows; one for a name that is there already replaces it.
    ///
    /// # Errors
    /// With file and line of a row that is none.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), String> {
        for (n, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let cells: Vec<_> = line.split('\t').collect();
            let [name, role, means, releases, note] = cells.as_slice() else {
                return Err(format!(
                    "{file}:{}: {} columns; expected five, with tabs between them: name, role, meaning, releases, note",
                    n + 1,
                    cells.len()
                ));
            };
            if !ROLES.contains(role) {
                return Err(format!(
                    "{file}:{}: no role is named `{role}`; known are {}",
                    n + 1,
                    ROLES.join(", ")
                ));
            }
            let [name, role, means, releases, note] = [name, role, means, releases, note].map(|s| (*s).to_owned());
            if file != OWN_FILE {
                self.given.insert(name.clone(), file.to_owned());
            }
            self.rows.insert(name.clone(), Row { name, role, means, releases, note });
        }
        Ok(())
    }

    /// Adds CONFIG options: lines such as `CONFIG_SWAP=y`, as a kernel's .config has them, or NAME, y or n,
    /// and why, with tabs between them. A module counts as set.
    ///
    /// # Errors
    /// With file and line of what is neither.
    pub fn configure(&mut self, file: &str, text: &str) -> Result<(), String> {
        for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let unset = line.strip_prefix("# CONFIG_").and_then(|rest| rest.strip_suffix(" is not set"));
            if let Some(name) = unset {
                self.options.insert(format!("CONFIG_{name}"), false);
                continue;
            }
            if line.starts_with('#') {
                continue;
            }
            let named = line.split_once(['\t', '=']).filter(|(name, _)| name.starts_with("CONFIG_"));
            let Some((name, value)) = named else {
                return Err(format!("{file}:{}: expected a line such as CONFIG_SWAP=y", n + 1));
            };
            let value = value.split('\t').next().unwrap_or_default().trim();
            self.options.insert(name.to_owned(), value != "n");
        }
        Ok(())
    }

    /// Whether an option is taken as set; `None` if nobody says.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<bool> {
        self.options.get(name).copied()
    }

    /// The row of a name. A row that ends in `_` serves all names that begin so.
    pub fn get(&self, name: &str) -> Option<&Row> {
        self.rows.get(name).or_else(|| {
            let below = self.rows.range(..name.to_owned()).rev().take(8);
            below.map(|(_, row)| row).find(|row| row.name.ends_with('_') && name.starts_with(&row.name))
        })
    }

    /// Which file a row is from, if it does not come with this crate.
    #[must_use]
    pub fn given(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str)
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_which_releases_have_its_name() {
        let row = |releases: &str| Row {
            name: String::new(),
            role: String::new(),
            means: String::new(),
            releases: releases.to_owned(),
            note: String::new(),
        };
        for (releases, release, covered) in [
            ("-", "6.1", true),
            ("6.5-", "6.1.192", false),
            ("6.5-", "6.12.3", true),
            ("-6.7", "6.7.9", true),
            ("-6.7", "6.8", false),
            ("5.19-6.7", "5.18", false),
        ] {
            assert_eq!(row(releases).covers(release), covered, "{releases} {release}");
        }
    }

    #[test]
    fn a_row_that_is_none_is_refused_with_its_line() {
        let mut table = Table::default();
        let why = table.add("mine.tsv", "# mine\nfolio_zap\tstep\n").expect_err("two columns");
        assert!(why.starts_with("mine.tsv:2: 2 columns"), "{why}");
        let why = table.add("mine.tsv", "folio_zap\tdance\t\t-\t\n").expect_err("no such role");
        assert!(why.contains("no role is named `dance`"), "{why}");
    }

    #[test]
    fn steps_that_rows_name_exist() {
        for row in Table::default().rows() {
            if !["step", "steps", "act", "ask", "bit", "edit", "lock"].contains(&row.role.as_str()) {
                continue;
            }
            for word in row.words() {
                let name = word.split('=').next().unwrap_or(word);
                assert!(impls::vocabulary().iter().any(|s| s.action.name() == name), "{}: {name}", row.name);
            }
        }
    }
}
