//! A smaller case with the same failure: greedy deletion until nothing more can go.
//!
//! Tried in this order, from large to small: a whole actor, an operation, a run of the schedule, a choice of a run, an
//! option. Deterministic; the result is never larger than what went in.

use corpus::{Case, KNOBS, Run, Schedule};
use model::{Config, MAX_OPS, Op, Profile, Programs};

/// Shrinks a case as long as `fails` holds.
pub fn shrink(case: &Case, fails: impl Fn(&Case) -> bool) -> Case {
    let mut best = case.clone();
    loop {
        let Some(smaller) = candidates(&best).into_iter().find(|c| fails(c)) else {
            return best;
        };
        best = smaller;
    }
}

/// Everything one deletion smaller than a case.
fn candidates(case: &Case) -> Vec<Case> {
    let mut out = Vec::new();
    let mut add = |edit: &dyn Fn(&mut Case)| {
        let mut c = case.clone();
        edit(&mut c);
        c.repair();
        if c != *case {
            out.push(c);
        }
    };
    let p = &case.programs;
    let actors = p.actors as usize;
    for actor in (1..actors).rev() {
        add(&|c| remove_actor(c, actor));
    }
    if !case.schedule.is_empty() {
        add(&|c| c.schedule = Schedule::default());
    }
    for actor in 0..actors {
        for at in 0..p.of(actor).len() {
            add(&|c| remove_op(&mut c.programs, actor, at));
        }
    }
    let runs = case.schedule.runs();
    for at in 0..runs.len() {
        add(&|c| c.schedule = Schedule::from_runs(runs[..at].to_vec()));
        add(&|c| c.schedule = Schedule::from_runs(without(runs, at)));
        if runs[at].times > 1 {
            let fewer = |times| {
                let mut runs = runs.to_vec();
                runs[at].times = times;
                Schedule::from_runs(runs)
            };
            add(&|c| c.schedule = fewer(runs[at].times / 2));
            add(&|c| c.schedule = fewer(runs[at].times - 1));
        }
    }
    let plain = Config::of(Profile::default());
    if case.config != plain {
        add(&|c| c.config = plain);
        add(&|c| c.config.swap = plain.swap);
        add(&|c| c.config.shared = 0);
        add(&|c| c.config.large = 0);
        add(&|c| c.config.hardware = plain.hardware);
        for knob in &KNOBS {
            add(&|c| knob.set(&mut c.config.knobs, knob.get(&c.config.profile.knobs())));
        }
        add(&|c| c.config.device_frames = plain.device_frames);
        add(&|c| c.config.knobs = c.config.profile.knobs());
        add(&|c| {
            c.config.profile = plain.profile;
            c.config.knobs = plain.knobs;
        });
    }
    // Simplest page numbers: everything on page 0, if it still fails.
    add(&|c| {
        for ops in &mut c.programs.ops {
            for op in ops.iter_mut().filter(|op| op.kind.one_page()) {
                op.arg = 0;
            }
        }
        c.config.shared = u8::from(c.config.shared != 0);
        c.config.large = u8::from(c.config.large != 0);
    });
    out
}

fn without(runs: &[Run], at: usize) -> Vec<Run> {
    runs.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, r)| *r).collect()
}

fn remove_op(programs: &mut Programs, actor: usize, at: usize) {
    let n = programs.len[actor] as usize;
    programs.ops[actor].copy_within(at + 1..n, at);
    programs.ops[actor][n - 1] = Op::default();
    programs.len[actor] -= 1;
}

/// The actors behind a removed one move up, in the schedule too.
fn remove_actor(case: &mut Case, actor: usize) {
    use model::Transition as T;
    let p = &mut case.programs;
    let actors = p.actors as usize;
    for a in actor..actors - 1 {
        p.ops[a] = p.ops[a + 1];
        p.len[a] = p.len[a + 1];
        p.kinds[a] = p.kinds[a + 1];
    }
    p.ops[actors - 1] = [Op::default(); MAX_OPS];
    p.len[actors - 1] = 0;
    p.kinds[actors - 1] = model::ActorKind::Cpu;
    p.actors -= 1;
    let renamed = case.schedule.runs().iter().filter_map(|r| {
        let who = match (r.who.actor(), r.who.cpu()) {
            (Some(a), _) if a == actor => return None,
            (_, Some(c)) if c == actor => return None,
            (Some(a), _) if a > actor => T::run(a - 1),
            (_, Some(c)) if c > actor => T::interrupt(c - 1),
            _ => r.who,
        };
        Some(Run { who, times: r.times })
    });
    case.schedule = Schedule::from_runs(renamed.collect::<Vec<_>>());
}
