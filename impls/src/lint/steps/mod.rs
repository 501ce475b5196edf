//! What each step needs, and what it makes of a path.

mod entry;
mod fault;
mod flush;
mod folio;
mod fork;
mod install;
mod locks;
mod migration;
mod reclaim;
mod reference;
mod word;

use super::contract::Sleep;
use super::state::{Ptl, State};
use model::Action;

/// What became of a path at a step: where it goes on if the step succeeds, and if it fails.
pub struct Outcome {
    pub yes: Option<State>,
    pub no: Option<State>,
    /// What cannot be.
    pub errors: Vec<String>,
    /// What may lose data, or show old data.
    pub warnings: Vec<String>,
    /// What the step sleeps on.
    pub sleeps: Option<Sleep>,
}

impl Outcome {
    fn need(&mut self, fine: bool, otherwise: &str) {
        if !fine {
            self.errors.push(otherwise.to_owned());
        }
    }

    fn warn(&mut self, fine: bool, otherwise: &str) {
        if !fine {
            self.warnings.push(otherwise.to_owned());
        }
    }
}

/// Takes a step. `tells_exclusive`: the function asks for `Exclusive` somewhere.
pub fn take(action: Action, mut s: State, tells_exclusive: bool) -> Outcome {
    s.round.stepped |= !action.is_local();
    let mut out = Outcome {
        yes: Some(s),
        no: action.can_fail().then_some(s),
        errors: Vec::new(),
        warnings: Vec::new(),
        sleeps: None,
    };
    asked(action, &s, &mut out);
    accesses(action, &s, &mut out);
    locks::locks(action, &s, &mut out);
    word::words(action, &s, &mut out);
    entry::entries(action, &s, &mut out);
    install::installs(action, &s, &mut out, tells_exclusive);
    folio::folios(action, &s, &mut out);
    flush::flushes(action, &s, &mut out);
    reclaim::reclaim(action, &s, &mut out);
    fault::faults(action, &s, &mut out);
    migration::migration(action, &s, &mut out);
    fork::fork(action, &s, &mut out);
    reference::references(action, &s, &mut out);
    if !out.errors.is_empty() {
        // What comes after a step that cannot be taken says nothing.
        (out.yes, out.no) = (None, None);
    }
    out
}

/// A question whose answer the path may already have, or learns.
fn asked(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    type Fact = fn(&mut State) -> &mut Option<bool>;
    let fact: Fact = match action {
        A::PteDirty => |s| &mut s.round.pte.dirty,
        A::PteWritable => |s| &mut s.round.pte.writable,
        A::Exclusive => |s| &mut s.round.folio.exclusive,
        A::LargeFolio => |s| &mut s.round.folio.large,
        A::InSwapCache => |s| &mut s.round.folio.swapcache,
        A::SwapBacked => |s| &mut s.round.folio.swapbacked,
        A::Bypassing => |s| &mut s.round.bypass,
        A::DeviceSource => |s| &mut s.round.folio.device,
        A::HasDst => |s| &mut s.round.dst,
        A::IsStore => |s| &mut s.store,
        A::TakesFaultRef => |s| &mut s.takes_fault_ref,
        _ => return,
    };
    let known = *fact(&mut s.clone());
    match known {
        Some(true) => out.no = None,
        Some(false) => out.yes = None,
        None => {}
    }
    if let Some(s) = &mut out.yes {
        *fact(s) = Some(true);
    }
    if let Some(s) = &mut out.no {
        *fact(s) = Some(false);
    }
}

/// What the CPU does for a thread.
fn accesses(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    let translated =
        matches!(action, A::NeedsDirty | A::SetDirty | A::WalkerRead | A::Access | A::OwesDirty | A::LateDirty);
    if translated {
        out.need(s.translated, "the CPU has no translation to go through; expected Translate before");
    }
    if let Some(yes) = out.yes.as_mut().filter(|_| action == A::Access) {
        yes.mid_access = false;
    }
    if let Some(yes) = out.yes.as_mut().filter(|_| action == A::BeginDiscard) {
        yes.discarding = true;
    }
    if action == A::Translate {
        out.need(
            s.ptl == Ptl::None,
            "user memory is accessed under the page-table lock, and may fault; expected UnlockPtl before",
        );
        if let Some(yes) = &mut out.yes {
            (yes.translated, yes.mid_access) = (true, true);
        }
    }
}

const NO_PTL: &str = "the entry is used without the page-table lock; expected LockPtl before";
const NO_FOLIO: &str = "no folio has been chosen yet; expected it looked up before";

const NOT_OF_ENTRY: &str =
    "the folio under work is not known to be the entry's; expected it looked up from the word, or MapsFolio";
const NOT_CURRENT: &str =
    "the entry may have changed since the word was read; expected ReadPte or PteSame under the page-table lock";

const NO_DST: &str = "the page may have no destination; expected AllocDst or HasDst before";
