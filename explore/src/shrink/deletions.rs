//! Every case that is one deletion away: what a local minimum is measured by.
//!
//! The shrinker does not use it. It is as plain as can be, and knows nothing of the attempts that the
//! shrinker makes.

use corpus::{Case, KNOBS, Run, Schedule};
use model::{ActorKind, Config, Hardware, Op, PAGES, Profile, Programs, Swap, Transition};

/// Without one actor, one operation, one page, one run, one choice, or one option that is not as it would be
/// by itself.
#[must_use]
pub fn deletions(case: &Case) -> Vec<Case> {
    let mut out = Vec::new();
    let actors = case.programs.actors as usize;
    for actor in 0..actors {
        if actors > 1 {
            out.push(without_actor(case, actor));
        }
        for at in 0..case.programs.of(actor).len() {
            out.push(Case { programs: with_ops(&case.programs, |a, n, _| (a, n) != (actor, at)), ..case.clone() });
        }
    }
    for page in 0..PAGES {
        let keep = |op: Op| !op.kind.one_page() || op.arg as usize != page;
        let mut smaller = Case { programs: with_ops(&case.programs, |_, _, op| keep(op)), ..case.clone() };
        smaller.config.shared &= !(1 << page);
        smaller.config.large &= !(1 << page);
        out.push(smaller);
    }
    let runs = case.schedule.runs();
    let with_runs = |runs: Vec<Run>| Case { schedule: Schedule::from_runs(runs), ..case.clone() };
    for at in 0..runs.len() {
        let others = runs.iter().enumerate().filter(|(n, _)| *n != at);
        out.push(with_runs(others.map(|(_, run)| *run).collect()));
        if runs[at].times > 1 {
            let mut shorter = runs.to_vec();
            shorter[at].times -= 1;
            out.push(with_runs(shorter));
        }
    }
    out.extend(plainer(&case.config).into_iter().map(|config| Case { config, ..case.clone() }));
    out.retain(|smaller| smaller != case);
    for smaller in &mut out {
        smaller.repair();
    }
    out
}

/// The operations of which `keep` says so, by actor and place.
fn with_ops(programs: &Programs, keep: impl Fn(usize, usize, Op) -> bool) -> Programs {
    let mut kept = Programs { actors: programs.actors, kinds: programs.kinds, ..Programs::default() };
    for actor in 0..programs.actors as usize {
        for (at, op) in programs.of(actor).iter().enumerate() {
            if keep(actor, at, *op) {
                kept.push(actor, *op);
            }
        }
    }
    kept
}

/// What the actor did is gone, in the schedule too, and those behind it move up.
fn without_actor(case: &Case, gone: usize) -> Case {
    let left: Vec<usize> = (0..case.programs.actors as usize).filter(|a| *a != gone).collect();
    let mut programs = Programs { actors: left.len() as u8, ..Programs::default() };
    for (new, old) in left.iter().enumerate() {
        programs.kinds[new] = case.programs.kinds[*old];
        for op in case.programs.of(*old) {
            programs.push(new, *op);
        }
    }
    if programs.kinds[0] != ActorKind::Cpu {
        programs.kinds[0] = ActorKind::Cpu;
    }
    let place = |old: usize| left.iter().position(|a| *a == old);
    let runs = case.schedule.runs().iter().filter_map(|run| {
        let who = match (run.who.actor(), run.who.cpu()) {
            (Some(actor), _) => Transition::run(place(actor)?),
            (_, Some(cpu)) => Transition::interrupt(place(cpu)?),
            _ => run.who,
        };
        Some(Run { who, times: run.times })
    });
    Case { config: case.config, programs, schedule: Schedule::from_runs(runs.collect::<Vec<_>>()) }
}

/// The same machine with one option less.
fn plainer(config: &Config) -> Vec<Config> {
    let release = config.profile.knobs();
    let mut out = vec![
        Config { hardware: Hardware::Hw0, ..*config },
        Config { swap: Swap::NullBlk, ..*config },
        Config { device_frames: model::DEVICE_FRAMES as u8, ..*config },
        Config { knobs: release, ..*config },
        Config { profile: Profile::V6_0, knobs: Profile::V6_0.knobs(), ..*config },
    ];
    for knob in &KNOBS {
        let mut plain = *config;
        knob.set(&mut plain.knobs, knob.get(&release));
        out.push(plain);
    }
    for bit in (0..PAGES).map(|page| 1 << page) {
        out.push(Config { shared: config.shared & !bit, ..*config });
        out.push(Config { large: config.large & !bit, ..*config });
    }
    out
}
