//! What every page has: the head, the style, the script, the choice of colours; and the links that lead off
//! the page.

use impls::Version;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("step.js");
/// The page needs nothing but itself, and the browser holds it to that. Links are followed by people only.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'";

/// A whole page.
pub(super) fn document(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(concat!("lostwrite ", env!("CARGO_PKG_VERSION")));
                title { (title) " - lostwrite" }
                // Without it browsers ask the server for one.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    fieldset.colours {
                        legend { "colours" }
                        @for (id, word, checked) in [("auto", "as the system", true), ("light", "light", false), ("dark", "dark", false)] {
                            label { input type="radio" name="colours" id=(format!("colours-{id}")) checked[checked]; (word) }
                        }
                    }
                }
                main { (body) }
                footer { (concat!("lostwrite ", env!("CARGO_PKG_VERSION"))) ". This page needs no network and no script; with scripts, timelines can be stepped through." }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string() + "\n"
}

/// A command to copy.
pub(super) fn command(what: &str, line: &str) -> Markup {
    html! {
        div.command {
            code { (line) }
            button.copy type="button" hidden aria-label=(format!("copy: {what}")) { "copy" }
        }
    }
}

/// Where a version comes from.
pub(super) fn provenance(version: &Version) -> Markup {
    let p = version.provenance;
    let about: Vec<_> = [p.author, p.date].into_iter().filter(|s| !matches!(*s, "" | "-")).collect();
    html! {
        span.provenance {
            (about.join(", ")) @if !about.is_empty() { ": " }
            @for word in p.source.split_inclusive(' ') { (source_word(word)) }
        }
    }
}

/// A commit or a message id leads to where it can be read.
fn source_word(word: &str) -> Markup {
    let name = word.trim_end_matches([' ', ',', ';', '.']);
    let rest = &word[name.len()..];
    // What is cut short with dots is the beginning of a message id.
    let url = if rest.starts_with("...") {
        None
    } else if name.len() >= 12 && name.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()) {
        Some(format!("https://git.kernel.org/torvalds/c/{name}"))
    } else if name.contains('@') {
        Some(format!("https://lore.kernel.org/r/{name}"))
    } else {
        None
    };
    html! {
        @match url {
            Some(url) => a href=(url) rel="noreferrer" { (name) },
            None => (name),
        }
        (rest)
    }
}

/// A table in a box of its own, so that a narrow screen scrolls the table and not the page.
pub(super) fn table_box(label: &str, table: &Markup) -> Markup {
    html! {
        div.tablebox role="region" aria-label=(label) tabindex="0" { (table) }
    }
}
