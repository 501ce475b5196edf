//! A case of several actors: a thread each, on a CPU of its own.
//!
//! A page at a fixed address ([`sys::control`]) has numbers for each actor: how many of its operations it may
//! do, how many it has done, and whether it waits. Between operations an actor waits in user space, so that its
//! CPU answers whatever the others ask of it. There is one CPU more than actors, for everybody else.
//!
//! Who may go on is said from outside, by whoever holds the machine ([`run`]), or here ([`rounds`]).

use crate::case::Runner;
use crate::operations::{Actor, Did, Running, WORDS};
use crate::sink::Sink;
use crate::sys::{self, ACTORS};
use std::fmt::Write as _;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::thread;

/// Every actor has done everything: the threads may end.
const OVER: u32 = u32::MAX;

type Control = [AtomicU32; 3 * ACTORS];

fn programs(line: &str) -> Vec<Vec<&str>> {
    line.split('|').map(|text| text.split_ascii_whitespace().collect()).collect()
}

/// Runs one case, a program for each actor with strokes between them, as it is told from outside. `ready` is
/// told when all of them wait.
pub fn run(
    runner: &Runner,
    line: &str,
    out: &mut String,
    ready: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let control = sys::control().map_err(|e| format!("the page that says who may go on: {e}"))?;
    let (all, _) = together(runner, &programs(line), control, ready)?;
    for (n, did) in all.iter().enumerate() {
        write!(out, "actor {n}").expect("a text grows");
        for did in did {
            match did {
                Did::Done => out.push_str(" ."),
                Did::Read([a, b, c, d]) => write!(out, " {a},{b},{c},{d}").expect("a text grows"),
                Did::Refused => out.push_str(" x"),
            }
        }
        out.push('\n');
    }
    Ok(())
}

/// A load that may come out wrong: who, by which operation, of which word, and what it is then.
pub struct Wrong {
    pub actor: usize,
    pub op: usize,
    pub word: usize,
    pub got: u64,
}

/// Runs a case again and again, phase by phase: `0=3,1=1` lets actor 0 go on to its third operation and actor 1
/// to its first at the same time, each a moment of its own later. Returns how often the load came out wrong.
pub fn rounds(
    runner: &Runner,
    line: &str,
    phases: &str,
    rounds: u32,
    wrong: &Wrong,
    sink: &mut Sink,
) -> Result<u32, String> {
    let control = sys::control().map_err(|e| format!("the page that says who may go on: {e}"))?;
    let bad = || format!("phases={phases}: expected ACTOR=OPERATIONS with commas and semicolons");
    let step = |text: &str| {
        let (actor, ops) = text.split_once('=')?;
        Some((actor.parse().ok().filter(|n| *n < ACTORS)?, ops.parse().ok()?))
    };
    let phases: Option<Vec<Vec<(usize, u32)>>> =
        phases.split(';').map(|phase| phase.split(',').map(step).collect()).collect();
    let phases = phases.ok_or_else(bad)?;
    let (programs, mut random, mut count) = (programs(line), 1u64, 0);
    for _ in 0..rounds {
        let conduct = || {
            for phase in &phases {
                for (actor, ops) in phase {
                    control[*actor].store(*ops, Release);
                    // Not always in the same order: an LCG of Knuth's.
                    random =
                        random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    for _ in 0..random >> 53 {
                        std::hint::spin_loop();
                    }
                }
                for (actor, ops) in phase {
                    while control[ACTORS + actor].load(Acquire) < *ops {
                        thread::yield_now();
                    }
                }
            }
            control[..ACTORS].iter().for_each(|may| may.store(OVER, Release));
            Ok(())
        };
        let (all, used) = together(runner, &programs, control, conduct)?;
        let did = all.get(wrong.actor).and_then(|did| did.get(wrong.op));
        count += u32::from(matches!(did, Some(Did::Read(words)) if words[wrong.word % WORDS] == wrong.got));
        sink.park(used)?;
        control.iter().for_each(|number| number.store(0, Release));
    }
    Ok(count)
}

/// Has the actors wait, and says so; what they have done when they are let go, and how many device pages they
/// have used.
fn together(
    runner: &Runner,
    programs: &[Vec<&str>],
    control: &Control,
    conduct: impl FnOnce() -> Result<(), String>,
) -> Result<(Vec<Vec<Did>>, u8), String> {
    let actors = programs.len();
    sys::run_on(actors).map_err(|e| format!("CPU {actors}: {e}"))?;
    let running = Running::start(&runner.driver, &runner.group, Some(actors))?;
    let all: Result<Vec<Vec<Did>>, String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..actors)
            .map(|n| {
                let running = &running;
                scope.spawn(move || act(runner, running, control, n, &programs[n]))
            })
            .collect();
        while !(0..actors).all(|n| control[2 * ACTORS + n].load(Acquire) == 1) {
            thread::yield_now();
        }
        let told = conduct();
        let joined = threads.into_iter().map(|thread| thread.join());
        let all = joined.map(|did| did.unwrap_or_else(|_| Err("a thread has panicked".to_owned()))).collect();
        told.and(all)
    });
    let all = all?;
    Ok((all, running.end()?))
}

/// One actor, on its CPU.
fn act(
    runner: &Runner,
    running: &Running,
    control: &Control,
    n: usize,
    program: &[&str],
) -> Result<Vec<Did>, String> {
    sys::run_on(n).map_err(|e| format!("CPU {n}: {e}"))?;
    let (may, done) = (&control[n], &control[ACTORS + n]);
    let mut actor = Actor::new(n);
    let mut all = Vec::with_capacity(program.len());
    control[2 * ACTORS + n].store(1, Release);
    for (at, word) in program.iter().enumerate() {
        while may.load(Acquire) as usize <= at {
            std::hint::spin_loop();
        }
        all.push(running.operation(&mut actor, &runner.probe, word).map_err(|e| format!("{word}: {e}"))?);
        done.store(at as u32 + 1, Release);
    }
    // The machine ends only when it is let go.
    while may.load(Acquire) != OVER {
        std::hint::spin_loop();
    }
    Ok(all)
}
