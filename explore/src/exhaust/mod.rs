//! All interleavings of a case's programs on a version: breadth first over machines, every judge on every
//! transition.
//!
//! Judging transitions one by one is exact: what a judge says of a step is a function of the machine that the
//! step left and of the step itself, and both are part of the transition. Where the programs are over and
//! nothing moves, what follows (the drain) is a function of the machine, so that it runs once for each such
//! machine. What concerns a whole execution is a deadlock, which is a state without a way on, or a livelock,
//! which is a state from which no end can be reached. A cycle that can be left is neither: who spins is not
//! chosen for ever.
//!
//! An execution is followed up to its first load of a wrong value. What is reported is a shortest execution,
//! of those one with fewest switches between actors, of those the first in an order that depends on nothing
//! but the case.
//!
//! A step that the model cannot carry out (a listing with a fault put in may ask for one) ends its execution
//! and is a finding too.
//!
//! There are quicker ways to learn that nobody has anything to say ([`Options`]), with fewer states. They are
//! tried first, and given up as soon as somebody speaks: what is reported is always found as described above.
//!
//! Does not claim: anything about other programs, other initial machines, or a version's behaviour on them.

mod drain;
mod expand;
mod kept;
mod node;
mod options;
mod path;
mod reduce;
mod search;
mod symmetry;

pub use options::{Cut, Measure, Options, Outcome};

use corpus::Case;
use impls::{Scenario, Version};
use model::World;
use oracle::{Finding, Goals, Memory};
use search::{Noise, Search};

/// What to do about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is not what is looked for.
    Ignore,
    /// It is: report a shortest one of its kind.
    Shortest,
    /// It is, and this one will do.
    Stop,
}

/// What came of a search.
#[derive(Clone, Debug)]
pub enum Exhaust {
    /// Every interleaving was looked at, and nothing was found that was looked for.
    Exhausted {
        /// How many states there are.
        states: u64,
        /// How many transitions lead from one to another.
        transitions: u64,
        /// What they and the drains reached.
        goals: Goals,
    },
    /// Something was found.
    Found {
        /// The finding; of its judge, the first one in the case.
        finding: Finding,
        /// The scenario, as far as the memory knows.
        scenario: Option<Scenario>,
        /// The case with the schedule that leads there.
        case: Box<Case>,
        /// How many states were seen until then.
        states: u64,
        /// How many transitions.
        transitions: u64,
        /// What was reached until then.
        goals: Goals,
    },
    /// The budget, of states or of memory, was used up: nothing is known.
    Budget {
        /// How many states were seen.
        states: u64,
        /// How many transitions.
        transitions: u64,
        /// What was reached until then.
        goals: Goals,
    },
}

/// Explores all interleavings of a case's programs (its schedule is ignored) on a version, as long as there
/// are no more than `budget` states, and asks `wanted` about each finding. [`History`] as the memory tells
/// the scenario of a finding.
pub fn exhaust<M: Memory>(
    version: &Version,
    case: &Case,
    budget: usize,
    wanted: impl FnMut(&Finding, &M) -> Answer,
) -> Exhaust {
    exhaust_with(version, case, &Options::plain(budget), wanted).0
}

/// The same, in a way that is chosen, and what there is to say of it.
pub fn exhaust_with<M: Memory>(
    version: &Version,
    case: &Case,
    options: &Options,
    mut wanted: impl FnMut(&Finding, &M) -> Answer,
) -> (Exhaust, Measure) {
    let config = version.config(&case.config);
    let world = World::new(&config, &case.programs, version.code(config.profile));
    let plain = Options { symmetry: false, reduction: false, ..*options };
    let mut spoke = None;
    // What is remembered is not renamed, and need not commute.
    let mut quick = if size_of::<M>() == 0 { *options } else { plain };
    while quick != plain {
        match Search::new(&world, case, &quick, &mut wanted).silent() {
            Ok(silent) => return silent,
            Err(Noise::Asymmetric) => quick.symmetry = false,
            Err(Noise::Spoke(finding)) => {
                spoke = Some(finding);
                break;
            }
        }
    }
    let (found, mut measure) = Search::new(&world, case, &plain, &mut wanted).run(version, case);
    if measure.cut.is_some() {
        measure.spoke = spoke;
    }
    (found, measure)
}
