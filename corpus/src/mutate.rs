//! Mutation and crossover on operations and runs, for every engine.

use crate::{Case, KNOBS, Run, Schedule, Shape, generate};
use model::{ACTORS, ActorKind, MAX_OPS, Op, OpKind, PAGES, Programs, Transition};
use rand::{Rng, RngExt};

/// Changes a case a little: one to four edits. The result is valid.
pub fn mutate<R: Rng + ?Sized>(rng: &mut R, case: &mut Case) {
    for _ in 0..rng.random_range(1..=4) {
        match rng.random_range(0..18) {
            0..=2 => insert_op(rng, &mut case.programs),
            3..=4 => remove_op(rng, &mut case.programs),
            5 => swap_ops(rng, &mut case.programs),
            6 => change_op(rng, &mut case.programs),
            7 => change_config(rng, case),
            8 => change_actors(rng, &mut case.programs),
            9 => *case = generate(rng, &Shape::default()),
            10 => duplicate_op(rng, &mut case.programs),
            11 => move_op(rng, &mut case.programs),
            _ => change_schedule(rng, case),
        }
        case.repair();
    }
}

/// Mixes two cases: the programs of one with the schedule of the other, or programs spliced operation by
/// operation.
pub fn crossover<R: Rng + ?Sized>(rng: &mut R, a: &Case, b: &Case) -> Case {
    let mut child = a.clone();
    match rng.random_range(0..3) {
        0 => child.schedule = b.schedule.clone(),
        1 => {
            let actor = rng.random_range(0..child.programs.actors as usize);
            let donor = rng.random_range(0..b.programs.actors as usize);
            let own = rng.random_range(0..=child.programs.of(actor).len());
            let from = rng.random_range(0..=b.programs.of(donor).len());
            let spliced: Vec<Op> =
                child.programs.of(actor)[..own].iter().chain(&b.programs.of(donor)[from..]).copied().collect();
            set_ops(&mut child.programs, actor, &spliced);
        }
        _ => {
            child.config = b.config;
            let cut = rng.random_range(0..=child.schedule.runs().len());
            let from = rng.random_range(0..=b.schedule.runs().len());
            let runs = child.schedule.runs()[..cut].iter().chain(&b.schedule.runs()[from..]).copied();
            child.schedule = Schedule::from_runs(runs.collect::<Vec<_>>());
        }
    }
    child.repair();
    child
}

fn set_ops(programs: &mut Programs, actor: usize, ops: &[Op]) {
    programs.len[actor] = 0;
    for op in ops.iter().take(MAX_OPS) {
        programs.push(actor, *op);
    }
}

fn any_actor<R: Rng + ?Sized>(rng: &mut R, programs: &Programs) -> usize {
    rng.random_range(0..programs.actors as usize)
}

fn any_op<R: Rng + ?Sized>(rng: &mut R) -> Op {
    // The first kinds are the common ones.
    let common = [OpKind::Read, OpKind::Write, OpKind::PageOut, OpKind::Migrate, OpKind::Free, OpKind::DontNeed];
    let kind = if rng.random_ratio(3, 4) {
        common[rng.random_range(0..common.len())]
    } else {
        OpKind::ALL[rng.random_range(0..OpKind::ALL.len())]
    };
    let page = if rng.random_ratio(3, 4) { 0 } else { rng.random_range(0..PAGES as u8) };
    Op::new(kind, page)
}

fn insert_op<R: Rng + ?Sized>(rng: &mut R, programs: &mut Programs) {
    let actor = any_actor(rng, programs);
    let mut ops = programs.of(actor).to_vec();
    ops.insert(rng.random_range(0..=ops.len()), any_op(rng));
    set_ops(programs, actor, &ops);
}

fn remove_op<R: Rng + ?Sized>(rng: &mut R, programs: &mut Programs) {
    let actor = any_actor(rng, programs);
    let mut ops = programs.of(actor).to_vec();
    if !ops.is_empty() {
        ops.remove(rng.random_range(0..ops.len()));
        set_ops(programs, actor, &ops);
    }
}

/// Repeats an operation where it stands.
fn duplicate_op<R: Rng + ?Sized>(rng: &mut R, programs: &mut Programs) {
    let actor = any_actor(rng, programs);
    let mut ops = programs.of(actor).to_vec();
    if !ops.is_empty() {
        let at = rng.random_range(0..ops.len());
        ops.insert(at, ops[at]);
        set_ops(programs, actor, &ops);
    }
}

/// Gives an operation to another actor: what ran in order may race now.
fn move_op<R: Rng + ?Sized>(rng: &mut R, programs: &mut Programs) {
    let (from, to) = (any_actor(rng, programs), any_actor(rng, programs));
    let mut theirs = programs.of(to).to_vec();
    let mut ops = programs.of(from).to_vec();
    if from != to && !ops.is_empty() && theirs.len() < MAX_OPS {
        let op = ops.remove(rng.random_range(0..ops.len()));
        theirs.insert(rng.random_range(0..=theirs.len()), op);
        set_ops(programs, from, &ops);
        set_ops(programs, to, &theirs);
    }
}

fn swap_ops<R: Rng + ?Sized>(rng: &mut R, programs: &mut Programs) {
    let actor = any_actor(rng, programs);
    let n = programs.of(actor).len();
    if n > 1 {
        let at = rng.random_range(0..n - 1);
        programs.ops[actor].swap(at, at + 1);
    }
}

fn change_op<R: Rng + ?Sized>(rng: &mut R, programs: &mut Programs) {
    let actor = any_actor(rng, programs);
    let n = programs.of(actor).len();
    if n > 0 {
        let at = rng.random_range(0..n);
        programs.ops[actor][at] = any_op(rng);
    }
}

fn change_config<R: Rng + ?Sized>(rng: &mut R, case: &mut Case) {
    let other = generate(rng, &Shape::default()).config;
    match rng.random_range(0..6) {
        0 => case.config.swap = other.swap,
        1 => case.config.knobs.swap_in = other.knobs.swap_in,
        2 => case.config.shared ^= 1 << rng.random_range(0..PAGES),
        3 => {
            let knob = &KNOBS[rng.random_range(0..KNOBS.len())];
            knob.set(&mut case.config.knobs, rng.random_range(0..knob.values.len()));
        }
        4 => case.config.hardware = other.hardware,
        _ => case.config = other,
    }
}

fn change_actors<R: Rng + ?Sized>(rng: &mut R, programs: &mut Programs) {
    let n = programs.actors as usize;
    if n < ACTORS && rng.random_ratio(1, 2) {
        // The last actor may be kswapd; the new one goes behind it as a CPU would, so kswapd becomes a CPU
        // first.
        programs.kinds[n - 1] = ActorKind::Cpu;
        programs.kinds[n] = if rng.random_ratio(1, 3) { ActorKind::Kswapd } else { ActorKind::Cpu };
        programs.actors += 1;
        programs.push(n, any_op(rng));
    } else if n > 1 {
        programs.actors -= 1;
        programs.len[n - 1] = 0;
    }
}

/// Inserts, removes, resizes or moves a run: a context switch comes, goes, or happens elsewhere.
fn change_schedule<R: Rng + ?Sized>(rng: &mut R, case: &mut Case) {
    let mut runs = case.schedule.runs().to_vec();
    let actors = case.programs.actors as usize;
    let who = if rng.random_ratio(7, 8) {
        Transition::run(rng.random_range(0..actors))
    } else {
        let index = rng.random_range(0..Transition::COUNT);
        Transition::from_index(index).unwrap_or(Transition::WRITEBACK)
    };
    let times = if rng.random_ratio(3, 4) { rng.random_range(1..=8) } else { rng.random_range(1..=40) };
    let at = rng.random_range(0..=runs.len());
    match rng.random_range(0..5) {
        0 | 1 => runs.insert(at, Run { who, times }),
        2 if at < runs.len() => {
            runs.remove(at);
        }
        3 if at < runs.len() => runs[at].times = times,
        4 if at + 1 < runs.len() => {
            // Move the switch between two neighbours by a step.
            if runs[at].times > 1 {
                runs[at].times -= 1;
                runs[at + 1].times = (runs[at + 1].times + 1).min(crate::MAX_RUN);
            } else {
                runs.swap(at, at + 1);
            }
        }
        _ => runs.push(Run { who, times }),
    }
    case.schedule = Schedule::from_runs(runs);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;
    use std::collections::BTreeSet;

    const CASE: &str = "kernel=6.0 cpu0: W0 F0 D0 | cpu1: W1 R0 | schedule: 0*3 1*4 0*5";

    /// What one edit makes of the case, over many draws.
    fn made(edit: impl Fn(&mut Xoshiro256PlusPlus, &mut Case)) -> BTreeSet<String> {
        let once = |seed| {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
            let mut case: Case = CASE.parse().expect("a case");
            edit(&mut rng, &mut case);
            case.repair();
            case.to_string()
        };
        (0..4000).map(once).collect()
    }

    fn after(programs: &str) -> String {
        format!("kernel=6.0 {programs} | schedule: 0*3 1*4 0*5")
    }

    #[test]
    fn each_edit_of_operations_does_what_it_says() {
        let all =
            |edit: fn(&mut Xoshiro256PlusPlus, &mut Programs)| made(|rng, case| edit(rng, &mut case.programs));
        assert!(all(insert_op).contains(&after("cpu0: W0 P0 F0 D0 | cpu1: W1 R0")));
        assert!(all(remove_op).contains(&after("cpu0: W0 D0 | cpu1: W1 R0")));
        assert!(all(swap_ops).contains(&after("cpu0: F0 W0 D0 | cpu1: W1 R0")));
        assert!(all(change_op).contains(&after("cpu0: W0 F0 P0 | cpu1: W1 R0")));
        let twice = ["W0 W0 F0 D0 | cpu1: W1 R0", "W0 F0 F0 D0 | cpu1: W1 R0", "W0 F0 D0 D0 | cpu1: W1 R0"]
            .into_iter()
            .chain(["W0 F0 D0 | cpu1: W1 W1 R0", "W0 F0 D0 | cpu1: W1 R0 R0"])
            .map(|programs| after(&format!("cpu0: {programs}")));
        assert_eq!(all(duplicate_op), twice.collect());
        let moved = all(move_op);
        assert!(moved.contains(&after("cpu0: W0 F0 | cpu1: W1 D0 R0")));
        assert!(moved.contains(&after("cpu0: R0 W0 F0 D0 | cpu1: W1")));
        assert!(all(change_actors).iter().any(|c| c.contains("kswapd:")));
    }

    #[test]
    fn each_edit_of_the_schedule_does_what_it_says() {
        let programs = "kernel=6.0 cpu0: W0 F0 D0 | cpu1: W1 R0 | schedule: ";
        let made = made(change_schedule);
        for schedule in ["0*3 1*4 0*5 1*2", "0*3 1*4", "0*3 1*7 0*5", "0*2 1*5 0*5", "0*3 i1 1*4 0*5"] {
            assert!(made.contains(&format!("{programs}{schedule}")), "{schedule}");
        }
    }

    #[test]
    fn kernel_cpu_and_knobs_change() {
        let made = made(change_config);
        for option in ["kernel=7.3 ", "hw=sw-dirty ", "swap=disk ", "swap-in=", "shared="] {
            assert!(made.iter().any(|case| case.contains(option)), "{option}");
        }
    }
}
