//! A lifted function as a text that `lostwrite check` reads, and the lists beside it.

use crate::lifted::{Lifted, Note};
use impls::text::{Document, Field, FunctionText, write};
use std::fmt::Write as _;

/// The listing as a version in a file.
#[must_use]
pub fn document(lifted: &Lifted) -> String {
    let field = |key: &str, value: &str| Field {
        key: key.to_owned(),
        value: value.to_owned(),
        remark: String::new(),
        place: 0..0,
    };
    let mut comment = format!("Lifted from {}, release {}.", lifted.source, lifted.release);
    if let Some(variant) = lifted.same_as {
        let _ = write!(comment, " It does what the built-in body does ({variant}), and has its layout.");
    }
    for name in &lifted.accepted {
        let _ = write!(comment, "\nAccepted by the user: {name}() is taken as having no effect.");
    }
    write(&Document {
        comment,
        fields: vec![
            field("version", "lifted"),
            field("title", &format!("{} as in {}", lifted.name, lifted.source)),
            field("source", &lifted.source),
            field("kernel", lifted.kernel.name()),
        ],
        functions: vec![FunctionText {
            comment: String::new(),
            name: field("function", lifted.name),
            fields: vec![field("file", lifted.file)],
            body: lifted.body.clone(),
            places: Vec::new(),
        }],
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
