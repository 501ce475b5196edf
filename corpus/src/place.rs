//! Schedules by place: who runs until where.
//!
//! A schedule that counts steps means another interleaving as soon as a listing has one step more. One by
//! place names the steps: `0 to ClearPte, 1 op, 0 end`. What it comes to on a version is worked out before the
//! case runs there, which is no matter of this crate.

use crate::{MAX_RUN, MAX_RUNS, Schedule};
use model::{Action, MAX_OPS, Transition};

/// What to say where only runs will do.
pub const WANTS_RUNS: &str = "expected a schedule that counts steps, found one by place, which depends on the version; `lostwrite \
                              convert --schedule steps --impl VERSION` converts it";

/// The largest count in a segment: what a whole schedule of runs holds.
pub const MAX_TIMES: u16 = MAX_RUNS as u16 * MAX_RUN as u16;

/// A step, and maybe the function that it must belong to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The kernel function; any if not given.
    pub function: Option<Box<str>>,
    /// The step.
    pub action: Action,
    /// The how-manieth, from 1, counted while the segment runs.
    pub nth: u16,
}

/// How far a segment goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Until {
    /// So many transitions, repaired as those of a [`crate::Run`] are.
    Times(u16),
    /// Until the actor is about to do the step. One that is there already stays there: that is the first time.
    To(Place),
    /// Until it has done the step.
    Past(Place),
    /// To the end of so many operations, the one under way being the first.
    Ops(u16),
    /// To the end of the program.
    End,
}

/// Who runs, and how far.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Segment {
    /// An actor; with [`Until::Times`] also an interrupt or the swap device.
    pub who: Transition,
    /// How far.
    pub until: Until,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(function) = &self.function {
            write!(f, "{function}/")?;
        }
        f.write_str(self.action.name())?;
        if self.nth == 1 { Ok(()) } else { write!(f, "#{}", self.nth) }
    }
}

impl std::fmt::Display for Segment {
    /// As the text form has it: `0 to try_to_unmap_one/ClearPte`, `1 op*2`, `0 end`, `i1`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.who)?;
        match &self.until {
            Until::Times(1) => Ok(()),
            Until::Times(n) => write!(f, "*{n}"),
            Until::To(place) => write!(f, " to {place}"),
            Until::Past(place) => write!(f, " past {place}"),
            Until::Ops(1) => f.write_str(" op"),
            Until::Ops(n) => write!(f, " op*{n}"),
            Until::End => f.write_str(" end"),
        }
    }
}

impl Schedule {
    /// A schedule by place; `None` if it has more segments than [`MAX_RUNS`]. Where none of them names a
    /// place, it is one of runs.
    #[must_use]
    pub fn by_place(segments: Vec<Segment>) -> Option<Schedule> {
        let counts = segments.iter().map(|s| match s.until {
            Until::Times(times) => Some((s.who, times)),
            _ => None,
        });
        if let Some(counts) = counts.collect::<Option<Vec<_>>>() {
            let mut schedule = Schedule::default();
            return counts.into_iter().all(|(who, n)| schedule.push(who, n.into())).then_some(schedule);
        }
        (segments.len() <= MAX_RUNS).then(|| Schedule { segments: segments.into(), ..Schedule::default() })
    }
}

/// Why a word is no step, and what was expected.
pub(crate) fn step(word: &str) -> Result<Action, String> {
    match Action::ALL.iter().find(|a| a.name() == word) {
        Some(action) if !action.is_local() => Ok(*action),
        Some(_) => Err(format!(
            "expected a step, found '{word}', which is no step of its own: it rides along with the step before it; name that one"
        )),
        None => {
            let near = near(word);
            let such = if near.is_empty() { String::new() } else { format!("; near it are {}", near.join(", ")) };
            Err(format!("expected a step, such as ClearPte, found '{word}'{such}"))
        }
    }
}

/// The names of steps that have the word in them, or as long a beginning of it as any has.
fn near(word: &str) -> Vec<&'static str> {
    let lower = word.to_lowercase();
    let steps = || Action::ALL.iter().filter(|a| !a.is_local()).map(|a| a.name());
    let common = |name: &str| name.to_lowercase().chars().zip(lower.chars()).take_while(|(a, b)| a == b).count();
    let longest = steps().map(common).max().unwrap_or(0);
    let within = |name: &&str| !lower.is_empty() && name.to_lowercase().contains(&lower);
    let mut near: Vec<_> = steps().filter(within).collect();
    if near.is_empty() && longest >= 3 {
        near = steps().filter(|name| common(name) == longest).collect();
    }
    near.truncate(3);
    near
}

/// The largest count of operations: no program has more.
pub(crate) const MAX_SEGMENT_OPS: u16 = MAX_OPS as u16;
