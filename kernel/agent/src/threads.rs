//! A case of several actors: a thread each, on a CPU of its own. Whoever holds the machine from outside says
//! when an actor may go on.
//!
//! A page at a fixed address ([`sys::control`]) has two numbers for each actor: how many of its operations it
//! may do, which is written from outside, and how many it has done. Between operations an actor waits in user
//! space, so that its CPU answers whatever the others ask of it. It may wait for that long before the first
//! operation only if nobody else wants its CPU: there is one CPU more than actors, for everybody else.

use crate::case::Runner;
use crate::operations::{Actor, Did, Running};
use crate::sys;
use std::fmt::Write as _;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::thread;

/// Runs one case, a program for each actor with strokes between them. `ready` is told when all of them wait.
pub fn run(
    runner: &Runner,
    line: &str,
    out: &mut String,
    ready: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let programs: Vec<Vec<&str>> = line.split('|').map(|text| text.split_ascii_whitespace().collect()).collect();
    let control = sys::control().map_err(|e| format!("the page that says who may go on: {e}"))?;
    let actors = programs.len();
    sys::run_on(actors).map_err(|e| format!("CPU {actors}: {e}"))?;
    let running = Running::start(&runner.driver, &runner.group, Some(actors))?;
    let told: Vec<Result<String, String>> = thread::scope(|scope| {
        let threads: Vec<_> = programs
            .iter()
            .enumerate()
            .map(|(n, program)| {
                let (running, probe) = (&running, &runner.probe);
                scope.spawn(move || {
                    sys::run_on(n).map_err(|e| format!("CPU {n}: {e}"))?;
                    let (may, done) = (&control[n], &control[n + sys::ACTORS]);
                    let mut actor = Actor::new(n);
                    let mut out = format!("actor {n}");
                    for (at, word) in program.iter().enumerate() {
                        if at == 0 {
                            control[2 * sys::ACTORS + n].store(1, Release);
                        }
                        while may.load(Acquire) as usize <= at {
                            std::hint::spin_loop();
                        }
                        let did =
                            running.operation(&mut actor, probe, word).map_err(|e| format!("{word}: {e}"))?;
                        done.store(at as u32 + 1, Release);
                        match did {
                            Did::Done => out.push_str(" ."),
                            Did::Read([a, b, c, d]) => write!(out, " {a},{b},{c},{d}").expect("a text grows"),
                            Did::Refused => out.push_str(" x"),
                        }
                    }
                    // The machine ends only when it is let go.
                    while may.load(Acquire) != u32::MAX {
                        std::hint::spin_loop();
                    }
                    Ok(out)
                })
            })
            .collect();
        let wait = || (0..actors).filter(|n| !programs[*n].is_empty());
        while !wait().all(|n| control[2 * sys::ACTORS + n].load(Acquire) == 1) {
            thread::yield_now();
        }
        let said = ready();
        let mut told: Vec<_> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err("a thread has panicked".to_owned())))
            .collect();
        told.extend(said.err().map(Err));
        told
    });
    for line in told {
        writeln!(out, "{}", line?).expect("a text grows");
    }
    running.end().map(drop)
}
