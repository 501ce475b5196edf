//! Lists of sources and destinations.

use super::{NO_DST, Outcome, locks::unlocked_source};
use crate::lint::state::{Debts, State};
use model::Action;

pub fn migration(action: Action, s: &State, out: &mut Outcome) {
    use Action as A;
    let round = s.round;
    let lists = matches!(
        action,
        A::CollectHole
            | A::Collectable
            | A::NothingCollected
            | A::SourcePage
            | A::Restoring
            | A::Migrating
            | A::HasDst
            | A::AllocDst
            | A::MarkRestore
            | A::ClearMigrate
            | A::AnyCleared
    );
    // Outside a migration nothing is selected, and what asks finds the lists empty.
    let source = matches!(
        action,
        A::DeviceSource
            | A::MarkRestore
            | A::RemoveMigrationPte
            | A::ForgetSource
            | A::UnlockSrc
            | A::PutSrc
            | A::MapsSource
    );
    let dst = matches!(action, A::CopyToDst | A::MigrateMapping | A::RefusesMapping | A::UnlockDst | A::PutDst);
    if lists && action != A::AnyCleared {
        out.need(s.begun, "no migration has begun; expected BeginMigrate before");
    }
    if source {
        let fine = round.folio.listed && round.source == Some(true);
        out.need(fine, "the page may have no source; expected SourcePage, or Restoring, before");
    }
    if dst {
        out.need(round.dst == Some(true), NO_DST);
    }
    match action {
        A::BeginMigrate => out.need(
            !s.debts.has(Debts::SOURCES.or(Debts::DESTINATIONS)),
            "folios of the migration before are still locked; expected them let go",
        ),
        A::AllocDst => out.need(round.dst != Some(true), "the page has a destination already; expected one"),
        A::UnlockSrc => {
            out.need(round.folio.locked, "the source is not locked; expected UnlockSrc once");
            unlocked_source(s, out);
        }
        A::PutSrc => out.need(
            round.folio.refs > 0 && !round.folio.locked,
            "the source is put once, behind UnlockSrc; expected that before",
        ),
        A::UnlockDst => out.need(!round.dst_unlocked, "the destination is unlocked already; expected that once"),
        A::PutDst => {
            out.need(round.dst_unlocked, "the destination is put while it is locked; expected UnlockDst before")
        }
        A::ForgetSource => out.need(!round.forgotten, "the source is forgotten already; expected that once"),
        _ => {}
    }
    if matches!(action, A::CollectHole | A::Collectable | A::InstallMigrationEntry) {
        out.need(
            !s.collected,
            "pages were collected already, and their sources would be forgotten; expected one loop that collects",
        );
    }
    if action == A::AllocDst {
        let fine = !s.allocated || round.dst == Some(false);
        out.need(
            fine,
            "destinations were allocated already, and would be forgotten; expected HasDst asked before",
        );
    }
    if action == A::NothingCollected
        && let Some(yes) = &mut out.yes
    {
        yes.debts.set(Debts::SOURCES, false);
    }
    if matches!(action, A::SourcePage | A::Restoring) {
        if round.source == Some(false) || !s.debts.has(Debts::SOURCES) {
            out.yes = None;
        }
        if action == A::SourcePage {
            if round.source == Some(true) {
                out.no = None;
            }
            if let Some(no) = &mut out.no {
                no.round.source = Some(false);
            }
        }
        if let Some(yes) = out.yes.as_mut().filter(|_| !round.folio.listed) {
            yes.round.source = Some(true);
            let folio = &mut yes.round.folio;
            (folio.listed, folio.locked, folio.refs) = (true, true, 1);
        }
    }
    let Some(yes) = &mut out.yes else { return };
    match action {
        A::BeginMigrate => {
            (yes.begun, yes.collected, yes.allocated) = (true, false, false);
            yes.told_fault = true;
        }
        A::AllocDst => {
            yes.round.dst = Some(true);
            yes.debts.set(Debts::DESTINATIONS, true);
        }
        A::UnlockSrc => yes.round.folio.locked = false,
        A::PutSrc => yes.round.folio.refs -= yes.round.folio.refs.min(1),
        A::UnlockDst => yes.round.dst_unlocked = true,
        A::PutDst => (yes.round.dst, yes.round.dst_unlocked) = (Some(false), false),
        A::ForgetSource => yes.round.forgotten = true,
        A::RemoveMigrationPte => yes.round.back_here = true,
        _ => {}
    }
}
