//! A finding of the model on a real kernel: the moves of a [`Plan`] are made, and what the loads return is held
//! beside what they return in the model.

use crate::debugger::Debugger;
use crate::guest::{Guest, Machine};
use crate::hold::{Holding, Move, Symbols};
use crate::plan::{Plan, Wrong};
use std::collections::{BTreeMap, BTreeSet};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The load returned what the model says, and the program never left that there.
    Confirmed,
    /// So many rounds without a hold, and in how many of them the load was wrong.
    InRounds {
        /// How often.
        wrong: u32,
        /// Of how many.
        rounds: u32,
    },
    /// The model finds nothing, and every load returned what the model says.
    AsModel,
    /// A load returned something else than in the model.
    Otherwise {
        /// Which operation of which actor.
        load: String,
        /// What it returned on the kernel.
        kernel: String,
        /// What it returns in the model.
        model: String,
    },
    /// An actor did not come to where it was to be held, or did not wait where it was to wait.
    Astray(Move),
}

/// What an actor's operations did: nothing but being done, or the words of a load.
pub type Answers = Vec<Vec<Option<[u64; 4]>>>;

/// Makes the moves of a plan on a kernel.
///
/// # Errors
/// If the guest does not come up or to its end.
pub fn confirm(guest: &Guest, symbols: &Symbols, plan: &Plan) -> Result<Outcome, String> {
    let (mut machine, debugger) = guest.hold(&plan.programs, plan.actors)?;
    let astray = moved(&machine, debugger, symbols, plan).map_err(|e| machine.with_last_words(&e))?;
    // What comes after a move that went astray says nothing: the machine ends here.
    if let Some(what) = astray {
        return Ok(Outcome::Astray(what));
    }
    machine.wait()?;
    let answers = read(&machine, plan)?;
    Ok(compared(plan, &answers))
}

/// Has the actors do what overlaps in the plan at the same time, again and again, and counts how often the
/// load comes out wrong. What the plan has one after the other is done so.
///
/// # Errors
/// If the model finds nothing, or the guest does not come up or to its end.
pub fn in_rounds(guest: &Guest, plan: &Plan, rounds: u32) -> Result<Outcome, String> {
    let wrong = plan.wrong.ok_or("nothing is wrong in the model; expected a case that loses, for --rounds")?;
    let phases = phases(plan);
    let said = guest.rounds(&plan.programs, plan.actors, &phases, &wrong, rounds)?;
    let count = said.lines().find_map(|line| line.strip_prefix("wrong ")?.parse().ok());
    let count = count.ok_or_else(|| format!("the agent said '{said}'; expected `wrong N`"))?;
    Ok(Outcome::InRounds { wrong: count, rounds })
}

/// Which actors go on at the same time, and how far: `0=3,1=1` for each phase.
fn phases(plan: &Plan) -> Vec<String> {
    let mut phases = Vec::new();
    let mut now: BTreeMap<usize, usize> = BTreeMap::new();
    let mut held: BTreeSet<usize> = BTreeSet::new();
    for what in &plan.moves {
        match what {
            // In the middle of it somebody else goes on.
            Move::Hold { actor, op, .. } | Move::Finish { actor, ops: op, waits: true } => {
                let op = if matches!(what, Move::Hold { .. }) { op + 1 } else { *op };
                if op > 1 && held.is_empty() {
                    // What comes before it is not to overlap.
                    phases.push(format!("{actor}={}", op - 1));
                }
                now.insert(*actor, op);
                held.insert(*actor);
            }
            Move::Finish { actor, ops, .. } => {
                held.remove(actor);
                now.insert(*actor, *ops);
                if held.is_empty() {
                    let text: Vec<_> = now.iter().map(|(actor, ops)| format!("{actor}={ops}")).collect();
                    phases.push(text.join(","));
                    now.clear();
                }
            }
        }
    }
    phases
}

/// Makes the moves; the one that went astray, if one did.
fn moved(machine: &Machine, debugger: Debugger, symbols: &Symbols, plan: &Plan) -> Result<Option<Move>, String> {
    let mut holding = Holding::new(machine, debugger, symbols, plan.actors)?;
    for what in &plan.moves {
        if !holding.make(what)? {
            return Ok(Some(what.clone()));
        }
    }
    holding.release()?;
    Ok(None)
}

fn read(machine: &Machine, plan: &Plan) -> Result<Answers, String> {
    let said = machine.said();
    parse(&said, plan).map_err(|e| machine.with_last_words(&e))
}

fn parse(said: &str, plan: &Plan) -> Result<Answers, String> {
    let lines = said.lines().filter_map(|line| line.strip_prefix("actor "));
    let mut answers = Answers::new();
    for (n, line) in lines.enumerate() {
        let bad = || format!("the agent said 'actor {line}'; expected `actor {n}` and what each operation did");
        let mut words = line.split(' ');
        if words.next().and_then(|word| word.parse().ok()) != Some(n) {
            return Err(bad());
        }
        let did = |word: &str| match word {
            "." | "x" => Some(None),
            values => {
                let values: Option<Vec<u64>> = values.split(',').map(|value| value.parse().ok()).collect();
                Some(Some(values?.try_into().ok()?))
            }
        };
        answers.push(words.map(did).collect::<Option<_>>().ok_or_else(bad)?);
    }
    let wanted: Vec<usize> = plan.programs.split('|').map(|text| text.split_whitespace().count()).collect();
    if answers.iter().map(Vec::len).ne(wanted) || !said.lines().any(|line| line == "over 1") {
        return Err("the agent ended before its actors were done".to_owned());
    }
    Ok(answers)
}

fn compared(plan: &Plan, answers: &Answers) -> Outcome {
    let load = |actor: usize, op: usize| {
        answers.get(actor).and_then(|answers: &Vec<_>| answers.get(op).copied().flatten()).unwrap_or_default()
    };
    let name = |actor: usize, op: usize| {
        let program = plan.programs.split('|').nth(actor).unwrap_or_default();
        format!("{} of actor {actor}", program.split_whitespace().nth(op).unwrap_or_default())
    };
    if let Some(Wrong { actor, op, word, got, last, or_zero, .. }) = plan.wrong {
        let kernel = load(actor, op)[word];
        let legal = kernel == u64::from(last) || (or_zero && kernel == 0);
        if kernel == u64::from(got) && !legal {
            return Outcome::Confirmed;
        }
        return Outcome::Otherwise { load: name(actor, op), kernel: kernel.to_string(), model: got.to_string() };
    }
    for wanted in &plan.loads {
        let (kernel, model) = (load(wanted.actor, wanted.op), wanted.words.map(u64::from));
        if kernel[..plan.actors] != model[..plan.actors] {
            let text =
                |words: [u64; 4]| words[..plan.actors].iter().map(u64::to_string).collect::<Vec<_>>().join(",");
            return Outcome::Otherwise {
                load: name(wanted.actor, wanted.op),
                kernel: text(kernel),
                model: text(model),
            };
        }
    }
    Outcome::AsModel
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Load;

    fn plan(wrong: Option<Wrong>) -> Plan {
        Plan {
            programs: "W0 R0 | W0".to_owned(),
            actors: 2,
            moves: Vec::new(),
            loads: vec![Load { actor: 0, op: 1, words: [1, 1, 0, 0] }],
            wrong,
            case: corpus::Case::default(),
        }
    }

    #[test]
    fn a_load_is_held_beside_the_models() {
        let said = |words: &str| format!("kernel 6.1 cpus 3\nready\nactor 0 . {words}\nactor 1 .\nover 1\n");
        let lost = Wrong { actor: 0, op: 1, page: 0, word: 1, got: 0, last: 1, or_zero: false };
        let came = |words: &str, wrong| {
            let plan = plan(wrong);
            compared(&plan, &parse(&said(words), &plan).expect("of the form"))
        };
        assert_eq!(came("1,0,0,0", Some(lost)), Outcome::Confirmed);
        assert!(matches!(came("1,1,0,0", Some(lost)), Outcome::Otherwise { .. }));
        // What is legal confirms nothing.
        assert!(matches!(came("1,0,0,0", Some(Wrong { or_zero: true, ..lost })), Outcome::Otherwise { .. }));
        assert_eq!(came("1,1,0,0", None), Outcome::AsModel);
        let other = Outcome::Otherwise {
            load: "R0 of actor 0".to_owned(),
            kernel: "1,0".to_owned(),
            model: "1,1".to_owned(),
        };
        assert_eq!(came("1,0,0,0", None), other);
    }

    #[test]
    fn what_overlaps_is_one_phase() {
        let hold = Move::Hold { actor: 0, op: 3, function: "f".to_owned(), passes: 0, page: None };
        let finish = |actor, ops| Move::Finish { actor, ops, waits: false };
        let moves = vec![hold, finish(1, 1), finish(0, 7), finish(1, 2)];
        assert_eq!(phases(&Plan { moves, ..plan(None) }), ["0=3", "0=7,1=1", "1=2"]);
        assert_eq!(phases(&Plan { moves: vec![finish(1, 1), finish(0, 2)], ..plan(None) }), ["1=1", "0=2"]);
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        for said in [
            "",
            "actor 0 . .\nactor 1 .\n",
            "actor 0 .\nactor 1 .\nover 1\n",
            "actor 1 .\nover 1\n",
            "actor 0 . 1,2\nactor 1 .\nover 1\n",
        ] {
            assert!(parse(said, &plan(None)).is_err(), "{said:?}");
        }
    }
}
