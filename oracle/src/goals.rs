//! Non-vacuity: whether an execution reached what makes it worth running.
//!
//! Claims: the named thing happened, in the program or in its drain. Does not claim: that anything is wrong
//! with it, or that a goal that was not reached cannot be. A search whose goals stay at zero has proved
//! nothing about what they name.

use crate::execution::{End, Observer};
use model::{Action, Event, Happened, Machine, OpKind, Transition, World};

macro_rules! goals {
    ($( $name:ident $word:literal ),* $(,)?) => {
        /// Something that a run should reach.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Goal {
            $( #[doc = $word] $name ),*
        }

        impl Goal {
            /// Every goal.
            pub const ALL: &'static [Goal] = &[$(Goal::$name),*];

            /// The goal in words.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $( Goal::$name => $word ),* }
            }
        }
    };
}

goals! {
    Migrated "a page moved to or from the device",
    Restored "a migration failed and put the page back",
    ExtraReference "an unexpected reference stopped a migration",
    IsolationFailed "a page could not be isolated for migration",
    PinnedBackOff "collect or reclaim backed off from a pin",
    SlowPath "another mapping was replaced (try_to_migrate)",
    Split "collect split a large folio",
    WaitedOnEntry "a fault waited on a migration entry",
    Wrote "reclaim wrote a page to swap",
    DroppedClean "reclaim dropped a clean page",
    DiscardedLazyFree "reclaim discarded a lazyfree page",
    BatchedFlush "reclaim flushed a batch",
    StaleUse "a stale TLB entry was used",
    ShotDown "another CPU answered a shoot-down",
    Copied "a write fault copied a page",
    CopiedAtFork "fork copied a pinned page",
    GupBackedOff "GUP-fast backed off",
    DmaStore "a DMA device stored",
    ExclusiveRestored "a device-exclusive page came back",
}

/// The goals that an execution has reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Goals(u32);

impl Goals {
    /// Whether a goal was reached.
    #[must_use]
    pub const fn has(self, goal: Goal) -> bool {
        self.0 & 1 << goal as u32 != 0
    }

    /// The goals that were reached, or were not.
    pub fn list(self, reached: bool) -> impl Iterator<Item = Goal> {
        Goal::ALL.iter().copied().filter(move |goal| self.has(*goal) == reached)
    }

    /// Joins what another execution reached.
    pub const fn join(&mut self, other: Goals) {
        self.0 |= other.0;
    }

    const fn reach(&mut self, goal: Goal) {
        self.0 |= 1 << goal as u32;
    }
}

impl Observer for Goals {
    #[inline]
    fn after(&mut self, world: &World, machine: &Machine, event: &Event, _: u32) {
        if event.transition.cpu().is_some() {
            self.reach(Goal::ShotDown);
        }
        if let Happened::Load { mm, page, frame, .. } | Happened::Store { mm, page, frame, .. } = event.happened {
            let pte = machine.pte[mm as usize][page as usize];
            if !(pte.is_present() && pte.frame() == frame) {
                self.reach(Goal::StaleUse);
            }
        }
        let Some(pc) = event.pc else { return };
        let forking = event.op.is_some_and(|op| op.kind == OpKind::Fork);
        let reached = match (world.code.at(pc).action, event.ok) {
            (Action::MigrateMapping, true) => Goal::Migrated,
            (Action::CheckRefs, false) => Goal::ExtraReference,
            (Action::IsolateLru, false) => Goal::IsolationFailed,
            (Action::ShareAnon, false) => Goal::PinnedBackOff,
            (Action::ReplaceByMigrationEntry, _) => Goal::SlowPath,
            (Action::SplitFolio, true) => Goal::Split,
            (Action::WaitFolio, _) => Goal::WaitedOnEntry,
            (Action::StartWriteback, _) => Goal::Wrote,
            (Action::RemoveFromSwapCache, _) => Goal::DroppedClean,
            (Action::DropMapping, _) => Goal::DiscardedLazyFree,
            (Action::FlushPending, _) => Goal::BatchedFlush,
            (Action::MapCopyInChild, _) => Goal::CopiedAtFork,
            (Action::CopyFolio, _) if !forking => Goal::Copied,
            (Action::PteRecheck, false) => Goal::GupBackedOff,
            (Action::DmaStore, true) => Goal::DmaStore,
            (Action::RestoreExclusiveEntry, _) => Goal::ExclusiveRestored,
            (Action::RemoveMigrationPte, _) => {
                let actor = event.transition.actor().map(|a| &machine.actors[a]);
                match actor {
                    Some(a) if a.src[a.page as usize].migrate() => return,
                    _ => Goal::Restored,
                }
            }
            _ => return,
        };
        self.reach(reached);
    }
}

/// Two observers at once.
impl<A: Observer, B: Observer> Observer for (A, B) {
    #[inline]
    fn before(&mut self, world: &World, machine: &Machine, transition: Transition) {
        self.0.before(world, machine, transition);
        self.1.before(world, machine, transition);
    }

    #[inline]
    fn after(&mut self, world: &World, machine: &Machine, event: &Event, step: u32) {
        self.0.after(world, machine, event, step);
        self.1.after(world, machine, event, step);
    }

    fn over(&mut self, machine: &Machine, step: u32, end: End) {
        self.0.over(machine, step, end);
        self.1.over(machine, step, end);
    }
}
