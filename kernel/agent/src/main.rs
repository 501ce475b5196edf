//! Process 1 of a guest kernel: does the operations of the case notation on private anonymous memory, and
//! tells after each what was read and what user space can see of the page.
//!
//! The cases come in a file of the initramfs: the first line says what to tell, every further line is a
//! sequence of operations. Each is run on pages that are mapped afresh. The answers go to the second serial
//! line, a line each:
//!
//! ```text
//! kernel 6.1.192 cpus 1
//! 0 .:p1110100 3:p1110100 x
//! over 1
//! ```
//!
//! With `threads` in the first line there is one sequence, that of several actors with strokes between them
//! ([`threads`]): `ready` when they wait, and a line for each, with all words of a page that was read. With
//! `rounds=N` it is done so often, and `wrong N` says how often a load came out as it should not.
//!
//! One piece for each operation: what was read, in decimal, or `.`; `x` if the operation was refused, because
//! the page is read-only or the driver would not survive it; and behind a colon the state of the page
//! ([`probe`]), after `G` that of all pages with strokes between them.

mod case;
mod child;
mod operations;
mod pages;
mod probe;
mod setup;
mod sink;
mod sys;
mod threads;

use std::fmt::Write as _;
use std::io::Write as _;

/// Answers are sent in pieces of about this size.
const PIECE: usize = 1 << 14;

fn main() {
    if let Err(e) = run() {
        println!("agent: {e}");
    }
    sys::reboot();
}

/// A case of several actors; it is the only one of its boot.
fn threads(runner: &case::Runner, line: &str, mut out: std::fs::File, mut text: String) -> Result<(), String> {
    let failed = |e: std::io::Error| e.to_string();
    text.push_str("ready\n");
    let mut answers = String::new();
    threads::run(runner, line, &mut answers, || out.write_all(text.as_bytes()).map_err(failed))?;
    answers.push_str("over 1\n");
    out.write_all(answers.as_bytes()).and_then(|()| out.flush()).map_err(failed)
}

fn run() -> Result<(), String> {
    setup::mounts()?;
    let input = std::fs::read_to_string("/cases").map_err(|e| format!("/cases: {e}"))?;
    let mut lines = input.lines();
    let options = lines.next().unwrap_or_default();
    let word = |key: &str| options.split(' ').find_map(|word| word.strip_prefix(key)).map(str::to_owned);
    let is_there = |wanted: &str| options.split(' ').any(|word| word == wanted);
    setup::swap(&word("swap=").ok_or("no swap= in the first line of /cases")?)?;
    let mut sink = sink::Sink::start()?;
    let group = setup::Group::start()?;
    let mut out = setup::answers()?;
    let mut text = format!("kernel {} cpus {}\n", setup::release()?, setup::cpus()?);
    let case = case::Runner::new(is_there("states"), group)?;
    sink.park(1)?;
    if is_there("threads") {
        // What is said so far says that the actors wait.
        return threads(&case, lines.next().unwrap_or_default(), out, text);
    }
    if let (Some(count), Some(phases), Some(wrong)) = (word("rounds="), word("phases="), word("wrong=")) {
        let numbers: Vec<u64> = wrong.split(',').filter_map(|n| n.parse().ok()).collect();
        let [actor, op, which, got] = numbers[..] else {
            return Err(format!("wrong={wrong}: expected four numbers"));
        };
        let wrong = threads::Wrong { actor: actor as usize, op: op as usize, word: which as usize, got };
        let count = count.parse().map_err(|e| format!("rounds={count}: {e}"))?;
        let line = lines.next().unwrap_or_default();
        let times = threads::rounds(&case, line, &phases, count, &wrong, &mut sink)?;
        write!(text, "wrong {times}\nover 1\n").expect("a text grows");
        return out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| e.to_string());
    }
    let mut count = 0;
    for (n, line) in lines.enumerate() {
        write!(text, "{n}").expect("a text grows");
        let used = case.run(line, &mut text)?;
        text.push('\n');
        sink.park(used)?;
        count += 1;
        if text.len() >= PIECE {
            out.write_all(text.as_bytes()).map_err(|e| e.to_string())?;
            text.clear();
        }
    }
    writeln!(text, "over {count}").expect("a text grows");
    out.write_all(text.as_bytes()).map_err(|e| e.to_string())?;
    out.flush().map_err(|e| e.to_string())
}
