//! `lostwrite diff`.

use super::{FINE, Outcome, input};
use impls::Version;
use model::Profile;
use model::listing::plain;
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeSet;

/// Two versions or two releases side by side, function by function, where they differ.
///
/// Of two releases every function is compared; else the functions that one of the versions replaces, each with
/// the body that the other one runs. A name that is a release's and a version's, such as 6.1, is a release's
/// here if both names are.
#[derive(clap::Args)]
#[command(after_help = "Examples: lostwrite diff v2 v3\n          lostwrite diff 6.1 7.3\n          \
    lostwrite diff v3 --impl-file mine.listing")]
pub struct Args {
    /// Two versions, two releases, or one and a file
    #[arg(value_name = "VERSION", num_args = 0..=2)]
    versions: Vec<String>,
    #[command(flatten)]
    files: input::Files,
    /// Print the lines that are equal too, all of them
    #[arg(long)]
    all: bool,
}

const CONTEXT: usize = 2;

/// Prints the two listings in two columns; `|`, `<` and `>` mark lines that differ, as in `sdiff`.
pub fn run(args: &Args) -> Outcome {
    let [left, right] = args.files.exactly(&args.versions)?;
    let releases = [left, right].iter().all(|v| Profile::named(v.name).is_some_and(|release| release == v.kernel));
    let mut names: BTreeSet<_> =
        [left, right].iter().flat_map(|v| v.functions()).map(|b| b.function.name).collect();
    if releases {
        names.extend(impls::kernel::library().iter().map(|b| b.function.name));
    }
    names.retain(|name| {
        let steps = |v: &Version| v.body(name, v.kernel).map(|b| plain(&b.function.body));
        args.all || steps(left) != steps(right)
    });
    let texts = [left, right].map(|v| {
        let bodies = names.iter().filter_map(|name| v.body(name, v.kernel));
        bodies
            .map(|b| format!("{}()\n{}", b.function.name, impls::text::write_body(&plain(&b.function.body))))
            .collect::<String>()
    });
    let heads = [left, right].map(|v| format!("{} [{}]", v.name, v.provenance.source));
    let longest = texts[0].lines().chain([heads[0].as_str()]).map(|l| l.chars().count()).max();
    let width = longest.unwrap_or(0);
    println!("{:<width$}   {}", heads[0], heads[1]);
    let rows = rows(&texts[0], &texts[1]);
    let near = |i: usize| {
        let from = i.saturating_sub(CONTEXT);
        let changed = rows[from..(i + CONTEXT + 1).min(rows.len())].iter().any(|(mark, ..)| *mark != ' ');
        // The name of the function that differs.
        changed || rows[i].1.ends_with("()")
    };
    let mut skipped = false;
    for (i, (mark, l, r)) in rows.iter().enumerate() {
        if args.all || near(i) {
            println!("{}", format!("{l:<width$} {mark} {r}").trim_end());
            skipped = false;
        } else if !skipped {
            println!("...");
            skipped = true;
        }
    }
    if rows.iter().all(|(mark, ..)| *mark == ' ') {
        println!("no difference");
    }
    Ok(FINE)
}

/// Rows of mark, left line, right line. Removals and additions next to each other share rows.
fn rows(left: &str, right: &str) -> Vec<(char, String, String)> {
    let mut rows = Vec::new();
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    let settle = |gone: &mut Vec<String>, come: &mut Vec<String>, rows: &mut Vec<_>| {
        for i in 0..gone.len().max(come.len()) {
            let (l, r) = (gone.get(i).cloned(), come.get(i).cloned());
            let mark = match (&l, &r) {
                (Some(_), Some(_)) => '|',
                (Some(_), None) => '<',
                _ => '>',
            };
            rows.push((mark, l.unwrap_or_default(), r.unwrap_or_default()));
        }
        gone.clear();
        come.clear();
    };
    for change in TextDiff::from_lines(left, right).iter_all_changes() {
        let line = change.value().trim_end().to_owned();
        match change.tag() {
            ChangeTag::Delete => gone.push(line),
            ChangeTag::Insert => come.push(line),
            ChangeTag::Equal => {
                settle(&mut gone, &mut come, &mut rows);
                rows.push((' ', line.clone(), line));
            }
        }
    }
    settle(&mut gone, &mut come, &mut rows);
    rows
}
