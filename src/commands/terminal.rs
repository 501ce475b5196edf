//! Manners, in one place: colour, progress, notes, and a reader that closes the pipe.
//!
//! Reports are plain text; what is painted is decided here, when it is printed, and what must not reach a
//! terminal is written out. `print!` and `println!` of the commands are the ones of this file.

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};
use report::escape::{has_hidden, shown};
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What every subcommand takes.
#[derive(clap::Args)]
#[command(next_help_heading = "On the terminal")]
pub struct Manners {
    /// No progress and no notes on standard error; results and errors stay
    #[arg(long, short, global = true)]
    quiet: bool,
    #[command(flatten)]
    color: colorchoice_clap::Color,
}

static QUIET: AtomicBool = AtomicBool::new(false);

impl Manners {
    /// Holds from now on.
    pub fn apply(&self) {
        QUIET.store(self.quiet, Ordering::Relaxed);
        // NO_COLOR, CLICOLOR, CLICOLOR_FORCE and whether there is a terminal decide if nothing was said.
        self.color.write_global();
    }
}

/// Like the standard one, painted on a terminal.
macro_rules! print {
    ($($text:tt)*) => { $crate::commands::terminal::text(&format!($($text)*)) };
}

/// Like the standard one, painted on a terminal.
macro_rules! println {
    () => { $crate::commands::terminal::text("\n") };
    ($($text:tt)*) => { $crate::commands::terminal::text(&(format!($($text)*) + "\n")) };
}

/// A line on the standard error that is no error: not if `--quiet`.
macro_rules! note {
    ($($text:tt)*) => { $crate::commands::terminal::note(&format!($($text)*)) };
}

/// Prints a text; see [`painted`].
pub fn text(text: &str) {
    let text = &*shown(text);
    match AutoStream::choice(&std::io::stdout()) {
        ColorChoice::Never => bytes(text.as_bytes()),
        choice => {
            let mut out = AutoStream::new(std::io::stdout(), choice);
            written(out.write_all(painted(text).as_bytes()).and_then(|()| out.flush()));
        }
    }
}

/// Prints what is no text.
pub fn bytes(bytes: &[u8]) {
    let mut out = std::io::stdout();
    // What stays in the buffer would be lost without a word.
    written(out.write_all(bytes).and_then(|()| out.flush()));
}

/// Ends the process if it has nobody to write to, quietly if the reader has had enough. Where the system has
/// signals for that, it has ended already.
fn written(result: std::io::Result<()>) {
    let Err(e) = result else { return };
    if e.kind() != ErrorKind::BrokenPipe {
        error(&format!(
            "the standard output cannot be written: {e}; expected a terminal, a file with room, or a pipe"
        ));
    }
    std::process::exit(if e.kind() == ErrorKind::BrokenPipe { CLOSED } else { 2 });
}

/// Exit code of a process whose reader is gone: 128 and the number of SIGPIPE, as shells have it.
const CLOSED: i32 = 141;

/// Writes to the standard error. Nothing can be done if that fails.
fn tell(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// See [`note!`].
pub fn note(line: &str) {
    if !QUIET.load(Ordering::Relaxed) {
        tell(&shown(line));
    }
}

/// Says why nothing, or not everything, came of it.
pub fn error(message: &str) {
    tell(&format!("{BAD}lostwrite:{BAD:#} {}", shown(message)));
}

/// The same, for exit code 2.
pub fn fail(message: &str) -> ExitCode {
    error(message);
    ExitCode::from(2)
}

/// What the parser of the arguments has to say: help and version on the standard output, errors on the other.
pub fn arguments(e: &clap::Error) -> ExitCode {
    if !e.use_stderr() {
        let help = e.render();
        let out = std::io::stdout();
        match AutoStream::choice(&out) {
            ColorChoice::Never => bytes(help.to_string().as_bytes()),
            choice => {
                let mut out = AutoStream::new(out, choice);
                written(write!(out, "{}", help.ansi()).and_then(|()| out.flush()));
            }
        }
        return ExitCode::SUCCESS;
    }
    // Errors repeat what was given, and paint it: between their colours and its own nobody can tell.
    if std::env::args_os().any(|word| has_hidden(&word.to_string_lossy())) {
        tell(&shown(e.render().to_string().trim_end()));
    } else {
        let _ = e.print();
    }
    ExitCode::from(2)
}

/// A bar on a terminal; hidden elsewhere, and if `--quiet`.
pub fn bar(length: u64, template: &str) -> ProgressBar {
    if QUIET.load(Ordering::Relaxed) {
        return ProgressBar::hidden();
    }
    styled(ProgressBar::new(length), template)
}

/// The same for work of unknown length.
pub fn spinner(template: &str) -> ProgressBar {
    if QUIET.load(Ordering::Relaxed) {
        return ProgressBar::hidden();
    }
    styled(ProgressBar::new_spinner(), template)
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    let bar = bar.with_style(ProgressStyle::with_template(template).expect("the template is well formed"));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();

/// How a cell of a table, or a whole line, is painted. Cells are two blanks apart.
fn style(cell: &str) -> Option<Style> {
    let begins = |words: &[&str]| words.iter().any(|w| cell.starts_with(w));
    let bad = ["L", "V", "broken", "NEVER", "NONE"].contains(&cell)
        || begins(&[
            "LOST",
            "NOT ",
            "<== ",
            "ALARM",
            "UNEXPECTED:",
            "RED",
            "NO SURVIVOR",
            "lostwrite nightly: RED",
        ])
        || ["NOT EXPECTED", "NOT FOUND", "NO REASON GIVEN"].iter().any(|end| cell.ends_with(end))
        || oracle::Judge::ALL
            .iter()
            .any(|j| cell.strip_prefix(j.name()).is_some_and(|rest| rest.starts_with(": step")));
    let good = ["ok", "silent"].contains(&cell)
        || begins(&[
            "ok ",
            "everything as expected",
            "every cell as expected",
            "lostwrite nightly: GREEN",
            "no judge says",
        ]);
    if bad { Some(BAD) } else { good.then_some(GOOD) }
}

/// A report with colours: what went wrong, and what is fine. JSON and XML stay as they are.
fn painted(text: &str) -> String {
    if text.trim_start().starts_with(['{', '[', '<']) && !text.trim_start().starts_with("<==") {
        return text.to_owned();
    }
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        while !rest.is_empty() {
            let blank = rest.len() - rest.trim_start().len();
            let (before, words) = rest.split_at(blank);
            let end = words.find("  ").unwrap_or(words.trim_end().len());
            let (cell, behind) = words.split_at(end);
            out.push_str(before);
            let _ = match style(cell) {
                Some(style) => write!(out, "{style}{cell}{style:#}"),
                None => write!(out, "{cell}"),
            };
            rest = behind;
            if blank == 0 && end == 0 {
                out.push_str(rest);
                break;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_and_marks_are_painted_and_nothing_else_is() {
        let bad = |text: &str| format!("{BAD}{text}{BAD:#}");
        let good = |text: &str| format!("{GOOD}{text}{GOOD:#}");
        for (line, expected) in [
            ("v1  6.0  L  ok 182\n", format!("v1  6.0  {}  {}\n", bad("L"), good("ok 182"))),
            ("pre-fix  LOST (both)  -\n", format!("pre-fix  {}  -\n", bad("LOST (both)"))),
            ("      <== DATA LOST: gone\n", format!("      {}\n", bad("<== DATA LOST: gone"))),
            ("v3       ok", format!("v3       {}", good("ok"))),
            ("L: a store is lost. V: a load\n", "L: a store is lost. V: a load\n".to_owned()),
            ("{\"verdict\": \"L\",  ok  L}\n", "{\"verdict\": \"L\",  ok  L}\n".to_owned()),
            ("  12  R0 lock ptl\n\n", "  12  R0 lock ptl\n\n".to_owned()),
        ] {
            assert_eq!(painted(line), expected, "{line}");
        }
    }

    #[test]
    fn without_its_colours_a_report_is_what_it_was() {
        let mut report = String::new();
        for version in impls::thread() {
            let case = "kernel=6.0 W0 P0 R0 W0 D0 P0 R0".parse().expect("a case");
            let trace = oracle::trace(version, &case);
            report += &report::timeline(version, &case, &trace, report::Detail::Telling);
        }
        let colours = painted(&report);
        assert_ne!(colours, report);
        assert_eq!(anstream::adapter::strip_str(&colours).to_string(), report);
    }
}
