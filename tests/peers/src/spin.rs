//! Runs Spin: the model becomes a verifier in C, which a C compiler makes a program of, which searches.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How a verifier is compiled and run.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// For the C compiler.
    pub compile: &'a [&'a str],
    /// For the verifier.
    pub run: &'a [&'a str],
}

/// All states, without any reduction, where an actor that cannot move is no error: it may be about to load a
/// wrong value.
pub const COUNT: Options =
    Options { compile: &["-O0", "-DSAFETY", "-DNOREDUCE", "-DNOFAIR"], run: &["-E", "-m1000000", "-w20"] };

/// The same, and an actor that can never move again is an error.
pub const JUDGE: Options =
    Options { compile: &["-O0", "-DSAFETY", "-DNOREDUCE", "-DNOFAIR"], run: &["-m1000000", "-w20"] };

/// What a verifier says.
#[derive(Clone, Debug)]
pub struct Report {
    /// Distinct states.
    pub states: u64,
    /// Transitions, the inner ones of atomic steps included.
    pub transitions: u64,
    /// How many errors.
    pub errors: u64,
    /// What the first one is, in Spin's words.
    pub error: Option<String>,
    /// How long the verifier ran.
    pub time: Duration,
    /// All that it printed.
    pub output: String,
}

/// Searches a model.
///
/// # Errors
/// If Spin or the C compiler is missing or refuses, or the verifier's search is not complete.
pub fn run(model: &str, options: Options) -> Result<Report, String> {
    let folder = tempfile::tempdir().map_err(|e| format!("a temporary folder: {e}"))?;
    build(model, options, folder.path())?;
    search(options, folder.path())
}

/// Makes the verifier `pan` in a folder.
///
/// # Errors
/// If Spin or the C compiler is missing or refuses.
pub fn build(model: &str, options: Options, folder: &Path) -> Result<(), String> {
    std::fs::write(folder.join("model.pml"), model).map_err(|e| format!("model.pml: {e}"))?;
    // -o2: Spin clears local variables that it thinks dead, by its own analysis, at some places and not at
    // others; states that differ in nothing else would count twice.
    output(Command::new("spin").args(["-a", "-o2", "model.pml"]).current_dir(folder))?;
    let compiler = std::env::var("CC").unwrap_or_else(|_| "gcc".to_owned());
    output(Command::new(compiler).args(options.compile).args(["-o", "pan", "pan.c"]).current_dir(folder))?;
    Ok(())
}

/// Runs the verifier that is in a folder.
///
/// # Errors
/// If its search is not complete.
pub fn search(options: Options, folder: &Path) -> Result<Report, String> {
    let start = Instant::now();
    let output = output(Command::new("./pan").args(options.run).current_dir(folder))?;
    report(&output, start.elapsed())
}

/// Reads what a verifier has printed.
///
/// # Errors
/// If its search is not complete.
pub fn report(output: &str, time: Duration) -> Result<Report, String> {
    let number = |what: &str| -> Result<u64, String> {
        let line = output.lines().find(|l| l.contains(what)).ok_or_else(|| format!("no {what:?} in\n{output}"))?;
        let before = line.split(what).next().unwrap_or_default();
        let word = before.split_whitespace().last().unwrap_or_default();
        // Large numbers come as 1.2345e+06, exact up to six digits or more.
        word.parse::<f64>().map(|n| n as u64).map_err(|e| format!("{word:?} before {what:?}: {e}"))
    };
    if output.contains("max search depth too small") {
        return Err(format!("the search was cut off:\n{output}"));
    }
    let errors = output.split("errors: ").nth(1).and_then(|rest| rest.split_whitespace().next());
    Ok(Report {
        states: number(" states, stored")?,
        transitions: number(" transitions (")?,
        errors: errors.and_then(|n| n.parse().ok()).ok_or_else(|| format!("no number of errors in\n{output}"))?,
        error: output.lines().find_map(|l| l.strip_prefix("pan:1: ")).map(str::to_owned),
        time,
        output: output.to_owned(),
    })
}

fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command.output().map_err(|e| match name.as_str() {
        "spin" => format!("spin cannot be run ({e}); it is in the package `spin` of Debian and Ubuntu"),
        _ => format!("{name} cannot be run: {e}"),
    })?;
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    // Spin reports some errors on its standard output and ends well.
    if !done.status.success() || (name == "spin" && text.contains("Error:")) {
        return Err(format!("{name} failed:\n{text}{}", String::from_utf8_lossy(&done.stderr)));
    }
    Ok(text)
}
