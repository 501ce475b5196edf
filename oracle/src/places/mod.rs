//! Schedules by place: what they come to on a version, and the way back.
//!
//! [`resolve`] carries the segments out one after the other and writes down what moved: from then on the case
//! is one of runs, which every loop of the engine takes. [`by_place`] finds for the runs of a case the segments
//! that come to the same transitions on a version; it tries each on the machine, so that what it returns is
//! the same execution.

mod course;
mod stopped;
mod walk;

pub use course::{Leg, course};
pub use stopped::{Stopped, Why};

use crate::guard::{guarded, quietly};
use corpus::{Case, Place, Schedule, Segment, Until};
use impls::Version;
use model::{Pc, Transition, World};
use std::borrow::Cow;
use walk::Walk;

/// What a case by place comes to on a version.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The case with a schedule of runs.
    pub case: Case,
    /// Where it stopped matching first, if it did.
    pub stopped: Option<Stopped>,
}

/// Carries the segments of a case out on a version. Where one cannot be carried out, its actor goes as far as
/// it can, and the segments behind it are carried out as far as they can be; entries that count are repaired
/// as in a schedule of runs. A case of runs stays as it is.
#[must_use]
pub fn resolve(version: &Version, case: &Case) -> Resolved {
    if !case.schedule.is_by_place() {
        return Resolved { case: case.clone(), stopped: None };
    }
    let config = version.config(&case.config);
    let world = World::new(&config, &case.programs, version.code(config.profile));
    let mut walk = Walk::new(&world);
    let mut stopped = None;
    for (n, segment) in case.schedule.segments().iter().enumerate() {
        let step = walk.taken.len() as u32;
        // A listing with a fault may ask for a step that cannot be carried out; the replay ends there too.
        let ran = quietly(|| guarded(|| walk.segment(segment)));
        let over = ran.is_none();
        if let Err(why) = ran.unwrap_or(Err(Why::Impossible)) {
            stopped.get_or_insert_with(|| Stopped::new(version, case, n, why, step));
        }
        if over {
            break;
        }
    }
    let mut schedule = Schedule::default();
    let fits = walk.taken.iter().all(|who| schedule.push(*who, 1));
    if !fits {
        let last = case.schedule.segments().len() - 1;
        stopped.get_or_insert_with(|| Stopped::new(version, case, last, Why::TooLong, walk.taken.len() as u32));
    }
    Resolved { case: Case { schedule, ..case.clone() }, stopped }
}

/// The case with a schedule of runs, as a version has it.
#[must_use]
pub fn counted<'a>(version: &Version, case: &'a Case) -> Cow<'a, Case> {
    if case.schedule.is_by_place() { Cow::Owned(resolve(version, case).case) } else { Cow::Borrowed(case) }
}

/// The same execution of a version with a schedule by place. Stays one of runs where no place can be named, as
/// where there is no schedule.
#[must_use]
pub fn by_place(version: &Version, case: &Case) -> Case {
    let case = counted(version, case);
    quietly(|| guarded(|| segments(version, &case)))
        .and_then(Schedule::by_place)
        .map_or_else(|| case.clone().into_owned(), |schedule| Case { schedule, ..case.clone().into_owned() })
}

fn segments(version: &Version, case: &Case) -> Vec<Segment> {
    let config = version.config(&case.config);
    let world = World::new(&config, &case.programs, version.code(config.profile));
    let mut walk = Walk::new(&world);
    for choice in case.schedule.choices() {
        if walk.choose(choice).is_none() {
            break;
        }
    }
    let taken = walk.taken;
    let mut walk = Walk::new(&world);
    let mut out = Vec::new();
    while walk.taken.len() < taken.len() {
        let segment = next(&walk, &taken);
        // Tried by whoever proposed it.
        let _ = walk.segment(&segment);
        out.push(segment);
    }
    out
}

/// The same case by place with one entry that goes a step further, if it comes to a place there: its actor is
/// in an operation before and behind that step, or at the end of the operation. The other entries stay.
#[must_use]
pub fn a_step_later(version: &Version, case: &Case, entry: usize) -> Option<Case> {
    let mut segments = case.schedule.segments().to_vec();
    let config = version.config(&case.config);
    let world = World::new(&config, &case.programs, version.code(config.profile));
    let segment = quietly(|| guarded(|| later(&mut Walk::new(&world), &segments, entry))).flatten()?;
    segments[entry] = segment;
    Some(Case { schedule: Schedule::by_place(segments)?, ..case.clone() })
}

fn later(walk: &mut Walk, segments: &[Segment], entry: usize) -> Option<Segment> {
    let segment = &segments[entry];
    let actor = segment.who.actor().filter(|_| matches!(segment.until, Until::To(_) | Until::Past(_)))?;
    for before in &segments[..entry] {
        walk.segment(before).ok()?;
    }
    let start = walk.clone();
    walk.segment(segment).ok()?;
    walk.advance(actor).ok()?;
    let later = next(&start, &walk.taken);
    (!matches!(later.until, Until::Times(_))).then_some(later)
}

/// Where a stretch of one actor's steps ends.
struct Ends {
    /// How many operations returned in it.
    returned: u16,
    /// What the actor is about to do behind it.
    about: Option<Place>,
    /// What the last step did.
    did: Option<Place>,
}

/// The segment that goes on from where a walk is, as far as it can along what is to be taken.
fn next(walk: &Walk, taken: &[Transition]) -> Segment {
    let from = walk.taken.len();
    let who = taken[from];
    let same = taken[from..].iter().take_while(|t| **t == who).count();
    let counted = Segment { who, until: Until::Times(same as u16) };
    let Some(actor) = who.actor() else { return counted };
    let (run, ends) = stretch(walk, &taken[from..], actor);
    let want = &taken[..from + run];
    let fits = |until: &Until| {
        let mut tried = walk.clone();
        tried.segment(&Segment { who, until: until.clone() }).is_ok() && tried.taken == want
    };
    let mut proposed = match ends.returned {
        0 => Vec::new(),
        1 => vec![Until::Ops(1), Until::End],
        n => vec![Until::End, Until::Ops(n)],
    };
    proposed.extend(ends.about.map(Until::To));
    proposed.extend(ends.did.map(Until::Past));
    proposed.into_iter().find(fits).map_or(counted, |until| Segment { who, until })
}

/// How many of the transitions are an actor's steps and the answers that it waits for, and where these end. An
/// answer that no step follows is left out: the schedule says when it comes.
fn stretch(walk: &Walk, wanted: &[Transition], actor: usize) -> (usize, Ends) {
    let who = Transition::run(actor);
    let mut walk = walk.clone();
    let (mut run, mut returned) = (0, 0);
    let (mut about, mut did) = (vec![walk.about(actor)], Vec::new());
    for (n, next) in wanted.iter().enumerate() {
        if *next != who && walk.answer(actor) != Some(*next) {
            break;
        }
        let (event, steps) = walk.take(*next);
        if *next == who {
            run = n + 1;
            returned += u16::from(event.returned);
            about.push(walk.about(actor));
            did.push(steps);
        }
    }
    // The step that the last of them is, so often as any of them is that step.
    let last = |all: &[Vec<Pc>]| {
        let place = walk.named(*all.last()?.last()?)?;
        let times = all.iter().filter(|pcs| walk.is_at(pcs, &place)).count();
        Some(Place { nth: u16::try_from(times).ok()?, ..place })
    };
    (run, Ends { returned, about: last(&about), did: last(&did) })
}
