//! Differential: the same case on two versions, side by side.
//!
//! Claims: with a single actor (and no disk) every version runs the same interleaving, so loads, the memory
//! read back at the end and the place where each operation leaves its page (present, swap, device, none) must
//! be equal. It catches a version that no rule convicts, for instance one that never migrates anything.
//!
//! Does not claim: that two versions agree where they may differ. With several actors a schedule means
//! different interleavings to versions with different steps; values that differ but are legal on both sides
//! are *incomparable*, and so are the two legal fates of data given to MADV_FREE. `docs/gaps.md` lists
//! the legitimate ones.

use crate::execution::{End, Observer, Summary, replay};
use crate::finding::{Judge, Judges};
use corpus::Case;
use impls::Version;
use model::{Assumption, Assumptions, Event, Happened, Machine, OpKind, Swap, World};
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};

/// What a version made of a case, as far as two versions can be compared. Loads and places are kept as
/// hashes: an execution has hundreds, and what differs is shown by the two traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Every load in the order of the loads: actor, page, bytes. The drain's are the final memory.
    pub loads: u64,
    /// Where each operation left its pages, in the order of the returns: actor, operation, kind of entry.
    pub places: u64,
    silent: bool,
    lost: bool,
    assumed: Assumptions,
}

#[derive(Default)]
struct Recorder {
    loads: FxHasher,
    places: FxHasher,
    judges: Judges,
}

impl Observer for Recorder {
    fn after(&mut self, world: &World, machine: &Machine, event: &Event, step: u32) {
        self.judges.after(world, machine, event, step);
        let Some(actor) = event.transition.actor() else { return };
        if let Happened::Load { page, data, .. } = event.happened {
            (actor as u8, page, data).hash(&mut self.loads);
        }
        if let (true, Some(op)) = (event.returned, event.op) {
            for page in op.range().0..=op.range().1 {
                (actor as u8, op.kind as u8, machine.pte[op.kind.mm()][page].kind() as u8).hash(&mut self.places);
            }
        }
    }

    fn over(&mut self, machine: &Machine, step: u32, end: End) {
        self.judges.over(machine, step, end);
    }
}

/// Runs a case and keeps what can be compared.
#[must_use]
pub fn outcome(version: &Version, case: &Case) -> (Outcome, Judges, Summary) {
    let mut recorder = Recorder::default();
    let summary = replay(version, case, &mut recorder);
    let Recorder { loads, places, judges } = recorder;
    let lost = judges.of(Judge::LastWrite).is_some();
    let outcome = Outcome {
        loads: loads.finish(),
        places: places.finish(),
        silent: judges.is_silent(),
        lost,
        assumed: version.assumed(),
    };
    (outcome, judges, summary)
}

/// The three values of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Same loads, same places.
    Agree,
    /// They differ, and one of them is wrong or both run the same interleaving.
    Diverge,
    /// They differ in a way that two correct versions may.
    Incomparable,
}

/// Compares what two versions made of the same case.
#[must_use]
pub fn compare(case: &Case, a: &Outcome, b: &Outcome) -> Comparison {
    let same_loads = a.loads == b.loads;
    if same_loads && a.places == b.places {
        return Comparison::Agree;
    }
    if a.lost != b.lost {
        return Comparison::Diverge;
    }
    if aligned(case, a.assumed.and(b.assumed)) { Comparison::Diverge } else { Comparison::Incomparable }
}

/// Whether a schedule is the same interleaving on every version, so that correct ones must do the same with it.
#[must_use]
pub fn aligned(case: &Case, assumed: Assumptions) -> bool {
    let actors = !case.is_sequential() && assumed.has(Assumption::SchedulesNotAligned);
    // A disk completes its writes between steps of its own choosing, so that even one actor interleaves.
    let disk = case.config.swap == Swap::Disk && assumed.has(Assumption::DiskOnItsOwn);
    !actors && !disk && comparable(case, assumed)
}

/// Whether two correct versions leave the same data, where they run the same interleaving, or over all of
/// them: data given to MADV_FREE have two legal fates, and a large folio is split by some versions and left
/// alone by others.
#[must_use]
pub fn comparable(case: &Case, assumed: Assumptions) -> bool {
    let split = case.config.large != 0 && assumed.has(Assumption::LargeFolioBestEffort);
    let freed = case.programs.kinds_used().has(OpKind::Free) && assumed.has(Assumption::LazyFreeTwoFates);
    !split && !freed
}

impl Outcome {
    /// Whether no judge said anything.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.silent
    }
}
