//! What actors have in hand and never pass on.
//!
//! A dirty bit in hand is a record only as long as its holder keeps others away and is going to put it where
//! they can see it. With hindsight that is known: of a hand that comes to nothing the record is gone when
//! PG_dirty is cleared, not when the holder turns to something else; and a word of the page table that is
//! still in a register when the page-table lock is dropped has no way back.

use crate::trace::Row;
use model::{Action, Actor, FRAMES, Machine};

/// The rows, in which no hand holds what comes to nothing.
pub(super) fn fruitful(rows: &[Row]) -> Vec<Row> {
    let mut out = rows.to_vec();
    for actor in 0..model::ACTORS {
        forget_words(&mut out, actor);
        // Backwards: what became of the hand is known before the hand.
        let mut given = true;
        let mut later: Option<&Row> = None;
        for (at, row) in rows.iter().enumerate().rev() {
            if let Hand::Mark { frame, kept } = Hand::of(&row.after, actor) {
                given = match later {
                    // It still has it.
                    Some(next) if Hand::of(&next.after, actor).is_mark_of(frame) => given,
                    Some(next) => is_dirty(&next.after, frame),
                    None => true,
                };
                if !kept || !given {
                    forget(&mut out, at, actor, Actor::HOLDS_DIRTY);
                }
            }
            later = Some(row);
        }
    }
    out
}

/// Forgets the words of an actor from where it drops the page-table lock; taken again, the lock is no way
/// back.
fn forget_words(rows: &mut [Row], actor: usize) {
    let mut dropped = false;
    for at in 0..rows.len() {
        let row = &rows[at];
        let takes = row.event.transition.actor() == Some(actor)
            && matches!(row.action, Some(Action::ClearPte | Action::ClearPteIgnored));
        match Hand::of(&row.after, actor) {
            Hand::Word { kept } => dropped = !kept || (dropped && !takes),
            _ => dropped = false,
        }
        if dropped {
            forget(rows, at, actor, Actor::HOLDS_PTE | Actor::HOLDS_DIRTY);
        }
    }
}

/// Takes flags from an actor behind a row.
fn forget(rows: &mut [Row], at: usize, actor: usize, flags: u32) {
    rows[at].after.actors[actor].flags &= !flags;
    if let Some(next) = rows.get_mut(at + 1) {
        next.before.actors[actor].flags &= !flags;
    }
}

/// What an actor has in hand.
#[derive(Clone, Copy)]
enum Hand {
    /// Nothing, or what it knows of a device.
    Nothing,
    /// A word that was in the page table.
    Word {
        /// The page-table lock is still held.
        kept: bool,
    },
    /// That PG_dirty was set.
    Mark {
        /// Of which folio.
        frame: usize,
        /// Its lock is still held.
        kept: bool,
    },
}

impl Hand {
    fn of(machine: &Machine, actor: usize) -> Hand {
        let a = &machine.actors[actor];
        if a.has(Actor::HOLDS_PTE) {
            return Hand::Word { kept: machine.ptl[a.mm as usize] as usize == actor + 1 };
        }
        let frame = a.folio as usize;
        if !a.has(Actor::HOLDS_DIRTY) || a.has(Actor::HOLDS_REF) || frame >= FRAMES {
            return Hand::Nothing;
        }
        let folio = &machine.folios[frame];
        // What the folio says itself needs no hand.
        if folio.dirty() { Hand::Nothing } else { Hand::Mark { frame, kept: folio.lock_owner() == Some(actor) } }
    }

    fn is_mark_of(self, of: usize) -> bool {
        matches!(self, Hand::Mark { frame, .. } if frame == of)
    }
}

/// Whether a folio says that it is newer than its backing, or is about to be written to it.
fn is_dirty(machine: &Machine, frame: usize) -> bool {
    machine.folios[frame].dirty() || machine.folios[frame].writeback() != 0
}
