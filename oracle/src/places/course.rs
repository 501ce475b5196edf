//! The course of a schedule, entry by entry: what a report needs to say it in words.

use super::{by_place, walk::Walk};
use crate::guard::{guarded, quietly};
use corpus::{Case, Segment, Until};
use impls::Version;
use model::{Op, World};

/// What an entry of a schedule by place comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The entry. A place that an actor is about to come to names its function, whether the entry does or not.
    pub segment: Segment,
    /// The actor is in the middle of an operation when it begins.
    pub resumes: bool,
    /// The operations that return in it.
    pub returned: Vec<Op>,
}

/// The legs of a case's schedule on a version, as far as it matches, and the actors whose programs are not over
/// behind it. A schedule of runs is taken by place.
#[must_use]
pub fn course(version: &Version, case: &Case) -> (Vec<Leg>, Vec<usize>) {
    let placed;
    let case = if case.schedule.is_by_place() {
        case
    } else {
        placed = by_place(version, case);
        &placed
    };
    let config = version.config(&case.config);
    let world = World::new(&config, &case.programs, version.code(config.profile));
    let mut walk = Walk::new(&world);
    let mut legs = Vec::new();
    for segment in &entries(case) {
        let actor = segment.who.actor();
        let resumes = actor.is_some_and(|a| walk.in_operation(a));
        let from = actor.map_or(0, |a| walk.op_number(a));
        if !matches!(quietly(|| guarded(|| walk.segment(segment))), Some(Ok(()))) {
            break;
        }
        let returned = actor.map_or_else(Vec::new, |a| case.programs.of(a)[from..walk.op_number(a)].to_vec());
        let mut segment = segment.clone();
        if let (Until::To(place), Some(actor)) = (&mut segment.until, actor) {
            let at = walk.about(actor).into_iter().find(|pc| walk.is_at(&[*pc], place));
            place.function = at.and_then(|pc| walk.named(pc)?.function);
        }
        legs.push(Leg { segment, resumes, returned });
    }
    let left = (0..case.programs.actors as usize).filter(|a| walk.op(*a).is_some()).collect();
    (legs, left)
}

/// The entries of a schedule of either kind.
fn entries(case: &Case) -> Vec<Segment> {
    if case.schedule.is_by_place() {
        return case.schedule.segments().to_vec();
    }
    let runs = case.schedule.runs().iter();
    runs.map(|run| Segment { who: run.who, until: Until::Times(run.times.into()) }).collect()
}
