//! A lifted function as a text that `lostwrite check` reads, and the lists beside it.

use crate::lifted::{Lifted, Note};
use impls::text::{Document, Field, FunctionText, write};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Functions of one file as a version.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn document(name: &str, all: &[Lifted]) -> String {
    let first = &all[0];
    let mut comment = format!("Lifted from {}, release {}.", first.source, first.release);
    for lifted in all {
        if let Some(variant) = lifted.same_as {
            let _ = write!(
                comment,
                "\n{} does what the built-in body does ({variant}), and has its layout.",
                lifted.name
            );
        }
    }
    for accepted in all.iter().flat_map(|lifted| &lifted.accepted).collect::<BTreeSet<_>>() {
        let _ = write!(comment, "\nAccepted by the user: {accepted}() is taken as having no effect.");
    }
    let names: Vec<_> = all.iter().map(|lifted| lifted.name).collect();
    let function = |lifted: &Lifted| FunctionText {
        comment: String::new(),
        name: Field::new("function", lifted.name),
        fields: vec![Field::new("file", lifted.file)],
        body: lifted.body.clone(),
        places: Vec::new(),
    };
    write(&Document {
        comment,
        fields: vec![
            Field::new("version", name),
            Field::new("title", &format!("{} as in {}", names.join(", "), first.source)),
            Field::new("source", &format!("{}, release {}", first.source, first.release)),
            Field::new("kernel", first.kernel.name()),
        ],
        functions: all.iter().map(function).collect(),
        end: String::new(),
    })
}

/// The three lists, as comments behind the listing.
#[must_use]
pub fn report(lifted: &Lifted) -> String {
    let mut out = String::new();
    let share = 100 * lifted.live / lifted.statements.max(1);
    let _ = writeln!(
        out,
        "# {}: {} statements, {} on some path ({share} %), all of them lifted; {} rows of the table.",
        lifted.name, lifted.statements, lifted.live, lifted.rows
    );
    list(&mut out, "Irrelevant, and why", &lifted.irrelevant);
    list(&mut out, "Taken as known, and why", &lifted.known);
    list(&mut out, "Not modelled", &lifted.not_modelled);
    out
}

fn list(out: &mut String, title: &str, notes: &[Note]) {
    let _ = writeln!(out, "#\n# {title}:");
    if notes.is_empty() {
        let _ = writeln!(out, "#   nothing");
    }
    for note in notes {
        let line = if note.line == 0 { "-".to_owned() } else { note.line.to_string() };
        let why = if note.why.is_empty() { String::new() } else { format!(": {}", note.why) };
        let _ = writeln!(out, "#   {line:>5}  {}{why}", note.what);
    }
}
