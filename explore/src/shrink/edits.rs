//! Edits of a case: what the attempts are made of. Whether the result is smaller, or shows anything, is not
//! asked here.

use super::record::Taken;
use corpus::{Case, Schedule};
use model::{ActorKind, Config, Op, PAGES, Programs, Transition};

/// New numbers for pages: element n is the new number of page n.
pub(super) type Pages = [usize; PAGES];

/// An edited case, and the new numbers of its pages if they have any.
#[derive(Clone, Debug)]
pub(super) struct Edited {
    pub case: Case,
    pub to: Option<Pages>,
}

impl From<Case> for Edited {
    fn from(case: Case) -> Self {
        Edited { case, to: None }
    }
}

/// An actor of a draft.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub kind: ActorKind,
    pub ops: Vec<Op>,
}

/// A case that can be taken apart.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub config: Config,
    pub actors: Vec<Program>,
    pub choices: Vec<Transition>,
}

impl Draft {
    /// With the choices as they stand.
    pub(super) fn of(case: &Case) -> Draft {
        let p = &case.programs;
        let actors = (0..p.actors as usize).map(|a| Program { kind: p.kinds[a], ops: p.of(a).to_vec() });
        Draft { config: case.config, actors: actors.collect(), choices: case.schedule.choices().collect() }
    }

    /// The case, if its programs and its schedule are not too long for one.
    pub(super) fn case(&self) -> Option<Case> {
        let mut programs = Programs { actors: self.actors.len() as u8, ..Programs::default() };
        for (a, actor) in self.actors.iter().enumerate() {
            programs.kinds[a] = actor.kind;
            if !actor.ops.iter().all(|op| programs.push(a, *op)) {
                return None;
            }
        }
        let mut schedule = Schedule::default();
        let whole = self.choices.iter().all(|who| schedule.push(*who, 1));
        whole.then_some(Case { config: self.config, programs, schedule })
    }

    /// Every operation by its place.
    pub(super) fn places(&self) -> Vec<(usize, usize)> {
        let of = |(a, actor): (usize, &Program)| (0..actor.ops.len()).map(move |at| (a, at)).collect::<Vec<_>>();
        self.actors.iter().enumerate().flat_map(of).collect()
    }

    /// Takes operations out.
    fn drop_ops(&mut self, gone: &[(usize, usize)]) {
        for (a, actor) in self.actors.iter_mut().enumerate() {
            let mut at = 0;
            actor.ops.retain(|_| {
                at += 1;
                !gone.contains(&(a, at - 1))
            });
        }
    }

    /// Actors have new numbers, or none.
    fn rename(&mut self, to: impl Fn(usize) -> Option<usize>) {
        self.choices.retain_mut(|who| {
            let new = match (who.actor(), who.cpu()) {
                (Some(a), _) => to(a).map(Transition::run),
                (_, Some(cpu)) => to(cpu).map(Transition::interrupt),
                _ => Some(*who),
            };
            new.is_some_and(|new| {
                *who = new;
                true
            })
        });
    }
}

/// Without operations: the schedule without the steps that they took, if that is known, and the schedule as
/// it is.
pub(super) fn without(case: &Case, gone: &[(usize, usize)], taken: &[Taken]) -> Vec<Edited> {
    let mut draft = Draft::of(case);
    draft.drop_ops(gone);
    let left = taken.iter().filter(|t| t.op.is_none_or(|op| !gone.contains(&op))).map(|t| t.who);
    both(draft, left.collect(), taken)
}

/// Without an actor.
pub(super) fn without_actor(case: &Case, actor: usize, taken: &[Taken]) -> Vec<Edited> {
    let removed = |choices: Vec<Transition>| {
        let mut draft = Draft { choices, ..Draft::of(case) };
        draft.actors.remove(actor);
        draft.rename(|a| match a.cmp(&actor) {
            std::cmp::Ordering::Less => Some(a),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(a - 1),
        });
        draft
    };
    let plain = removed(case.schedule.choices().collect());
    let left = removed(taken.iter().map(|t| t.who).collect()).choices;
    both(plain, left, taken)
}

/// One actor does what another did too: in the order in which the operations began, if that is known, and one
/// program after the other.
pub(super) fn merged(case: &Case, from: usize, into: usize, taken: &[Taken]) -> Vec<Edited> {
    let draft = Draft::of(case);
    let places: Vec<_> = draft.places().into_iter().filter(|(a, _)| *a == from || *a == into).collect();
    let begun = |place: &(usize, usize)| taken.iter().position(|t| t.op == Some(*place)).unwrap_or(usize::MAX);
    let orders: [Vec<_>; 3] = [
        // What the schedule does not reach comes in the order of the actors, as in the drain.
        sorted(&places, |p| (begun(p), p.0, p.1)),
        sorted(&places, |p| (0, p.0, p.1)),
        sorted(&places, |p| (0, usize::MAX - p.0, p.1)),
    ];
    let mut out = Vec::new();
    for order in orders {
        let mut joined = draft.clone();
        joined.actors[into].ops = order.iter().map(|(a, at)| draft.actors[*a].ops[*at]).collect();
        joined.actors.remove(from);
        joined.choices = taken.iter().map(|t| t.who).collect();
        joined.rename(|a| {
            let a = if a == from { into } else { a };
            Some(if a > from { a - 1 } else { a })
        });
        out.extend(joined.case().map(Edited::from));
        joined.choices.clear();
        out.extend(joined.case().map(Edited::from));
    }
    out
}

fn sorted<K: Ord>(places: &[(usize, usize)], key: impl Fn(&(usize, usize)) -> K) -> Vec<(usize, usize)> {
    let mut places = places.to_vec();
    places.sort_by_key(key);
    places
}

/// An operation goes to another actor, to a place in its program.
pub(super) fn moved(case: &Case, (actor, at): (usize, usize), to: (usize, usize), taken: &[Taken]) -> Vec<Edited> {
    let mut draft = Draft::of(case);
    let op = draft.actors[actor].ops.remove(at);
    draft.actors[to.0].ops.insert(to.1, op);
    let renamed = taken.iter().map(|t| if t.op == Some((actor, at)) { Transition::run(to.0) } else { t.who });
    both(draft, renamed.collect(), taken)
}

/// Two CPUs change places.
pub(super) fn swapped(case: &Case, one: usize, two: usize) -> Option<Edited> {
    let mut draft = Draft::of(case);
    draft.actors.swap(one, two);
    draft.rename(|a| {
        Some(if a == one {
            two
        } else if a == two {
            one
        } else {
            a
        })
    });
    draft.case().map(Edited::from)
}

/// Pages have new numbers; two may have the same.
pub(super) fn renumbered(case: &Case, to: Pages) -> Edited {
    let mut case = case.clone();
    for actor in 0..case.programs.actors as usize {
        let n = case.programs.len[actor] as usize;
        for op in case.programs.ops[actor][..n].iter_mut().filter(|op| op.kind.one_page()) {
            op.arg = to[op.arg as usize] as u8;
        }
    }
    let set = |old: u8| (0..PAGES).filter(|p| old & 1 << p != 0).fold(0, |set, p| set | 1 << to[p]);
    case.config.shared = set(case.config.shared);
    case.config.large = set(case.config.large);
    Edited { case, to: Some(to) }
}

/// A draft with the schedule that fits what was done to it, and with the one that it has.
fn both(draft: Draft, fitting: Vec<Transition>, taken: &[Taken]) -> Vec<Edited> {
    let plain = draft.case();
    let fitted = Draft { choices: fitting, ..draft }.case().filter(|_| !taken.is_empty());
    let different = fitted.filter(|fitted| Some(fitted) != plain.as_ref());
    different.into_iter().chain(plain).map(Edited::from).collect()
}
