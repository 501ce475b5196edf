//! `lostwrite lift`.

use super::{FINE, Outcome, input};
use corpus::read::WRITTEN;
use kernel::image::release_in;
use lift::{Lifted, Options, Source, Table};
use report::known::Known;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Turns a kernel function's C into a listing, which `check`, `diff` and all others read.
///
/// Every line has its place in the C behind it. Behind the listing stand three lists, as comments: what has
/// no effect in the model and why, what was taken as known and why, and what no path comes to. What is not
/// known is an error with its place, and with the row of the table that would make it known.
#[derive(clap::Args)]
#[command(after_help = "Examples: lostwrite lift ~/linux/mm/rmap.c try_to_unmap_one > mine.listing\n          \
    lostwrite lift --config\n\n\
    Exits with 2 if a function cannot be lifted. Nothing is printed then.")]
pub struct Args {
    /// A file of the kernel's source
    #[arg(value_name = "FILE", required_unless_present_any = ["config", "functions"])]
    file: Option<String>,
    /// The function; all of the file that can be lifted, if not given
    #[arg(value_name = "FUNCTION")]
    function: Option<String>,
    /// More rows for the table of kernel names: name, role, meaning, releases, note, with tabs between them;
    /// may be repeated
    #[arg(long = "table", value_name = "FILE")]
    tables: Vec<String>,
    /// The release of the source, such as 6.12 or 7.3.4; as the Makefile of its tree says, if not given
    #[arg(long, value_name = "RELEASE", value_parser = release)]
    kernel: Option<String>,
    /// A function that is not known: take it as having no effect, and say so in the listing; may be repeated
    #[arg(long, value_name = "NAME")]
    accept: Vec<String>,
    /// The name of the version
    #[arg(long, value_name = "NAME", default_value = "lifted")]
    name: String,
    /// CONFIG options that #ifdef asks for, such as the .config of a kernel; without FILE those that are
    /// known are printed, and how they are taken
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "")]
    config: Option<String>,
    /// Print the functions that can be lifted
    #[arg(long)]
    functions: bool,
}

/// A release of the kernel, whether the model has it or not.
pub fn release(text: &str) -> Result<String, String> {
    let number = |part: &str| part.chars().next().is_some_and(|c| c.is_ascii_digit());
    let mut parts = text.split('.');
    if parts.next().is_some_and(number) && parts.next().is_some_and(number) {
        return Ok(text.to_owned());
    }
    Err("expected a release, such as 6.12 or 7.3.4".to_owned())
}

/// Lifts a function, or those of a file.
pub fn run(args: &Args) -> Outcome {
    let config = args.config.as_deref().filter(|file| !file.is_empty());
    let table = table(&args.tables, config)?;
    if args.config.is_some() && args.file.is_none() {
        print!("{}", lift::config_table());
        return Ok(FINE);
    }
    let (false, Some(path)) = (args.functions, &args.file) else {
        lift::liftable(&table).for_each(|name| println!("{name}"));
        return Ok(FINE);
    };
    let text = read(path, "the source of a kernel function")?;
    let release = match &args.kernel {
        Some(release) => release.clone(),
        None => release_of(path)?,
    };
    let source = Source::new(path, &text, &table);
    let options = Options { table, release, accept: args.accept.clone() };
    let names = match &args.function {
        Some(name) => vec![name.clone()],
        None => source.liftable(&options.table),
    };
    if names.is_empty() {
        let known: Vec<_> = lift::liftable(&options.table).collect();
        return Err(format!("{path}: no function that can be lifted; expected one of {}", known.join(", ")));
    }
    let lifted: Vec<Result<Lifted, _>> = names.iter().map(|name| lift::lift(&source, name, &options)).collect();
    let refused: Vec<_> = lifted.iter().filter_map(|l| l.as_ref().err()).map(ToString::to_string).collect();
    if !refused.is_empty() {
        return Err(refused.join("\n"));
    }
    let lifted: Vec<_> = lifted.into_iter().flatten().collect();
    print!("{}", lift::document(&args.name, &lifted));
    for one in &lifted {
        print!("\n{}", lift::report(one));
    }
    Ok(FINE)
}

/// The table of kernel names, with the rows of files and the CONFIG options of another.
pub fn table(files: &[String], config: Option<&str>) -> Result<Table, String> {
    let mut table = Table::default();
    if let Some(file) = config {
        table.configure(file, &read(file, "CONFIG options")?)?;
    }
    for file in files {
        table.add(file, &read(file, "rows of the table")?)?;
    }
    Ok(table)
}

/// A text, whatever its encoding.
pub fn read(path: &str, expected: &str) -> Result<String, String> {
    let bytes = WRITTEN.read(Path::new(path)).map_err(|e| input::unreadable(Path::new(path), &e, expected))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The release that the Makefile of a tree says, for a file in it.
pub fn release_of(path: &str) -> Result<String, String> {
    let full = fs::canonicalize(path).map_err(|e| input::unreadable(Path::new(path), &e, "a file of a tree"))?;
    let makefiles = full.ancestors().skip(1).filter_map(|folder| WRITTEN.text(&folder.join("Makefile")).ok());
    makefiles.filter_map(|text| release_in(&text)).next().ok_or_else(|| no_release(path))
}

/// What to do where no Makefile says it.
pub fn no_release(place: &str) -> String {
    format!(
        "{place}: no Makefile of a kernel tree says which release it is; give --kernel RELEASE, such as --kernel 6.1"
    )
}

/// The functions of a tree as a version, one for all; what of them does not lift, each with its line.
pub fn lift_tree(folder: &str, known: &mut Known) -> Result<Vec<String>, String> {
    let root = Path::new(folder);
    let makefile = WRITTEN.text(&root.join("Makefile")).unwrap_or_default();
    let release = release_in(&makefile).ok_or_else(|| no_release(folder))?;
    let options = Options { table: Table::default(), release, accept: Vec::new() };
    let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in lift::liftable(&options.table) {
        if let Some(body) = impls::kernel::variants(name).last() {
            files.entry(body.file).or_default().push(name);
        }
    }
    let (mut all, mut notes) = (Vec::new(), Vec::new());
    for (file, names) in files {
        let path = root.join(file).display().to_string();
        let text = if Path::new(&path).exists() { read(&path, "a file of the kernel")? } else { String::new() };
        let source = Source::new(file, &text, &options.table);
        let there = source.liftable(&options.table);
        let (there, missing): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|name| there.iter().any(|t| t == name));
        if !missing.is_empty() {
            notes.push(format!("{file}: not in this tree: {}", missing.join(", ")));
        }
        for name in there {
            match lift::lift(&source, name, &options) {
                Ok(one) => all.push(one),
                Err(why) => {
                    let first = why.problems.all.first();
                    let line = first.map_or(0, |p| source.line(p.start));
                    let what = first.map_or("it does not lift", |p| p.what.as_str());
                    notes.push(format!("{file}:{line}: {name} does not lift: {what}"));
                }
            }
        }
    }
    if all.is_empty() {
        return Err(format!("--tree {folder}: no function of it lifts\n{}", notes.join("\n")));
    }
    let name = format!("tree-{}", options.release);
    let text = lift::document(&name, &all);
    let complaints = impls::file::complaints(&format!("{name}.listing"), &text);
    if complaints.all.iter().any(|problem| !problem.warning) {
        let said = lift::in_c(&complaints, &all).iter().map(ToString::to_string).collect::<Vec<_>>();
        return Err(said.join("\n"));
    }
    known.add(&format!("{name}.listing"), &text)?;
    Ok(notes)
}
