//! `#ifdef` by a table of CONFIG options. What is left out becomes spaces, so that every place stays where it is.

use crate::table::Table;
use std::collections::BTreeMap;
use std::ops::Range;

/// The text without directives, and what has to be asked before a function in it is read.
#[derive(Debug)]
pub struct Preprocessed {
    /// As long as the text before.
    pub text: String,
    /// Conditions that the table does not decide: their lines, and what they ask.
    pub unknown: Vec<(Range<usize>, String)>,
    /// The names of macros that the text defines, and where.
    pub defined: BTreeMap<String, usize>,
}

/// One `#if`: whether its text is kept now, whether some branch was, whether all around it is kept.
struct Level {
    keep: bool,
    taken: bool,
    outer: bool,
    start: usize,
    unknown: Option<String>,
}

/// Takes the directives out.
pub fn preprocess(text: &str, table: &Table) -> Preprocessed {
    let mut out = Preprocessed { text: String::new(), unknown: Vec::new(), defined: BTreeMap::new() };
    let mut levels: Vec<Level> = Vec::new();
    let mut at = 0;
    let mut continued = false;
    for line in text.split_inclusive('\n') {
        let keep = levels.last().is_none_or(|l| l.keep);
        let trimmed = line.trim_start();
        let mut shown = keep && !continued;
        let directive = trimmed.strip_prefix('#').map(str::trim_start).filter(|_| !continued);
        continued = (continued || directive.is_some()) && line.trim_end().ends_with('\\');
        if let Some(directive) = directive {
            shown = false;
            let (word, rest) = directive.split_once(|c: char| !c.is_alphanumeric()).unwrap_or((directive, ""));
            let rest = rest.split("/*").next().unwrap_or("").trim();
            match word {
                "ifdef" | "ifndef" | "if" => {
                    let asked = match word {
                        "ifdef" => format!("defined({rest})"),
                        "ifndef" => format!("!defined({rest})"),
                        _ => rest.to_owned(),
                    };
                    let holds = decide(&asked, table);
                    levels.push(Level {
                        keep: keep && holds == Some(true),
                        taken: holds == Some(true),
                        outer: keep,
                        start: at,
                        unknown: holds.is_none().then_some(asked),
                    });
                }
                "elif" | "else" => {
                    if let Some(level) = levels.last_mut() {
                        let holds = if word == "else" { Some(true) } else { decide(rest, table) };
                        if holds.is_none() && !level.taken {
                            level.unknown.get_or_insert_with(|| rest.to_owned());
                        }
                        level.keep = level.outer && !level.taken && holds == Some(true);
                        level.taken |= holds == Some(true);
                    }
                }
                "endif" => {
                    if let Some(level) = levels.pop()
                        && let Some(asked) = level.unknown
                    {
                        out.unknown.push((level.start..at + line.len(), asked));
                    }
                }
                "define" if keep => {
                    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    out.defined.insert(name, at);
                }
                _ => {}
            }
        }
        if shown {
            out.text.push_str(line);
        } else {
            out.text.extend(line.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }));
        }
        at += line.len();
    }
    // Attributes are no C by themselves.
    for row in table.rows().filter(|row| row.role == "attribute") {
        out.text = blank(&out.text, &row.name);
    }
    out
}

/// A name as spaces, wherever it stands as a word of its own.
fn blank(text: &str, name: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut rest = text;
    while let Some(n) = rest.find(name) {
        out.push_str(&rest[..n]);
        let alone = !word(out.chars().next_back()) && !word(rest[n + name.len()..].chars().next());
        if alone {
            out.extend(std::iter::repeat_n(' ', name.len()));
        } else {
            out.push_str(name);
        }
        rest = &rest[n + name.len()..];
    }
    out.push_str(rest);
    out
}

/// Whether a condition holds; `None` if the table does not say.
fn decide(asked: &str, table: &Table) -> Option<bool> {
    let asked = asked.trim();
    if let Some(parts) = split(asked, "||") {
        let all: Vec<_> = parts.iter().map(|p| decide(p, table)).collect();
        return if all.contains(&Some(true)) {
            Some(true)
        } else if all.contains(&None) {
            None
        } else {
            Some(false)
        };
    }
    if let Some(parts) = split(asked, "&&") {
        let all: Vec<_> = parts.iter().map(|p| decide(p, table)).collect();
        return if all.contains(&Some(false)) {
            Some(false)
        } else if all.contains(&None) {
            None
        } else {
            Some(true)
        };
    }
    if let Some(rest) = asked.strip_prefix('!') {
        return decide(rest, table).map(|holds| !holds);
    }
    for word in ["defined", "IS_ENABLED", "IS_BUILTIN", "IS_REACHABLE"] {
        if let Some(name) = asked.strip_prefix(word) {
            let name = name.trim().trim_start_matches('(').trim_end_matches(')').trim();
            return table.option(name);
        }
    }
    if let Some(inner) = asked.strip_prefix('(').and_then(|a| a.strip_suffix(')')) {
        return decide(inner, table);
    }
    match asked {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

/// The parts between an operator at the outermost level.
fn split<'a>(text: &'a str, operator: &str) -> Option<Vec<&'a str>> {
    let (mut depth, mut parts, mut from) = (0i32, Vec::new(), 0);
    for (n, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && n >= from && text[n..].starts_with(operator) => {
                parts.push(&text[from..n]);
                from = n + operator.len();
            }
            _ => {}
        }
    }
    if parts.is_empty() {
        return None;
    }
    parts.push(&text[from..]);
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_becomes_spaces() {
        let text = "a\n#ifdef CONFIG_SMP\nb\n#else\nc\n#endif\nd\n#if 0\ne\n#endif\n";
        let out = preprocess(text, &Table::default());
        assert_eq!(out.text.len(), text.len());
        assert_eq!(out.text.split_whitespace().collect::<Vec<_>>(), ["a", "b", "d"]);
        assert!(out.unknown.is_empty());
    }

    #[test]
    fn a_condition_that_the_table_does_not_know_is_kept_for_who_asks() {
        let out = preprocess("#if defined(CONFIG_SMP) && defined(CONFIG_OF_MINE)\na\n#endif\n", &Table::default());
        assert_eq!(out.unknown.len(), 1);
        assert_eq!(out.text.trim(), "");
    }
}
