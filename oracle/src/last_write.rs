//! P1, the last write.
//!
//! Claims: every load, during the run and in the read-back after the drain, returns for each word of the page
//! the last value stored there, or zero where a discard allows it (the rules are `model::Shadow`'s).
//!
//! Does not claim: anything about the order of stores to different words, or about bytes that nobody reads;
//! the drain reads every page that the case names. It does not judge a load that goes through a translation
//! which the page table no longer has while somebody *other than the operation under test* owes a flush and
//! has not returned: a discard of that page in flight (assumption `discard-in-flight`), or a batch of reclaim,
//! which is flushed as a whole (`reclaim-batch-open`). That window is theirs, and excuses nothing where they are
//! under comparison.

use crate::finding::{Finding, Legal};
use model::{ACTORS, Actor, Assumption, Event, Happened, InFlight, Machine, World};

pub(crate) fn judge(world: &World, machine: &Machine, event: &Event, step: u32) -> Option<Finding> {
    let Happened::Load { mm, page, frame, data } = event.happened else {
        return None;
    };
    let (mm, page) = (mm as usize, page as usize);
    let words = &machine.shadow.words[mm][page];
    let word = (0..ACTORS).find(|&w| !words[w].allows(data[w]))?;
    let pte = machine.pte[mm][page];
    let stale = !(pte.is_present() && pte.frame() == frame);
    if stale && flush_owed_by_others(world, machine, mm, page) {
        return None;
    }
    Some(Finding::WrongValue {
        step,
        actor: event.transition.actor()?,
        mm,
        page,
        word,
        got: data[word],
        legal: Legal { last: words[word].last, or_zero: words[word].zero_ok() },
        stale,
    })
}

fn flush_owed_by_others(world: &World, machine: &Machine, mm: usize, page: usize) -> bool {
    let discarding = || mm == 0 && machine.discard_in_flight(world, page) != InFlight::Nothing;
    let batched = || machine.actors.iter().any(|a| a.has(Actor::BATCH));
    (world.assumed.has(Assumption::DiscardInFlight) && discarding())
        || (world.assumed.has(Assumption::ReclaimBatchOpen) && batched())
}
