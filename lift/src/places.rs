//! Where the conditions of a listing stand in C.
//!
//! The comparison of the paths ([`crate::bisim`]) finds where C asked a thing first. C may ask it again
//! later, when the answer is known: a condition belongs to the statement of C around what it guards.

use crate::kinds;
use crate::notes::{Asked, Notes, Question};
use crate::tree::Place;
use model::Action;
use model::listing::{Doing, Node};
use std::collections::BTreeMap;

/// Moves each condition to the statement of C that asks it and has in it what the condition guards.
pub fn refine(nodes: &[Node], places: &mut BTreeMap<usize, Place>, notes: &Notes, all: u32) {
    block(nodes, &mut 0, places, notes, all);
}

fn block(nodes: &[Node], at: &mut usize, places: &mut BTreeMap<usize, Place>, notes: &Notes, all: u32) {
    for node in nodes.iter().filter(|n| !n.is_comment()) {
        let own = *at;
        *at += 1;
        for inner in node.blocks() {
            block(inner, at, places, notes, all);
        }
        let Some(Doing::Step(action)) = node.doing() else { continue };
        let find = Find { notes, all, asked: of(action) };
        if [Action::CarryYoung, Action::CarryDirty].contains(&action) {
            // What is carried is asked last.
            places.extend(find.last().map(|place| (own, place)));
            continue;
        }
        if !action.is_local() {
            continue;
        }
        let guarded = own + 1;
        if *at == guarded {
            // Asked for a step behind.
            let now = places.get(&own).cloned();
            places.extend(now.as_ref().and_then(|now| find.beside(Some(now), now)).map(|place| (own, place)));
            continue;
        }
        let Some(first) = places.get(&guarded).cloned() else { continue };
        match find.around(&first).or_else(|| find.beside(places.get(&own), &first)) {
            Some(place) => _ = places.insert(own, place),
            None => _ = places.entry(own).or_insert(first),
        }
    }
}

/// Looks for where C asks what a condition asks.
struct Find<'a> {
    notes: &'a Notes,
    all: u32,
    asked: Vec<Asked>,
}

impl Find<'_> {
    fn alike(&self, asked: Asked) -> bool {
        self.asked.iter().any(|b| alike(asked, *b, self.all))
    }

    fn questions(&self) -> impl Iterator<Item = &Question> {
        self.notes.asked.iter().filter(|q| self.alike(q.asked))
    }

    /// In the innermost statement around what is guarded.
    fn around(&self, guarded: &Place) -> Option<Place> {
        self.innermost(guarded, |asked| self.alike(asked))
    }

    /// Anywhere; of kinds, where they are told apart in another way.
    fn beside(&self, now: Option<&Place>, guarded: &Place) -> Option<Place> {
        if now.is_some_and(|now| self.questions().any(|q| q.place.0 == now.start)) {
            return None;
        }
        let kinds = self.asked.iter().any(|a| matches!(a, Asked::Kind(_)));
        let other = || self.innermost(guarded, |asked| kinds && matches!(asked, Asked::Kind(_)));
        let nearest = self.questions().map(Question::at).min_by_key(|p| p.start.abs_diff(guarded.start));
        nearest.or_else(other)
    }

    fn innermost(&self, guarded: &Place, fits: impl Fn(Asked) -> bool) -> Option<Place> {
        let around = self
            .notes
            .asked
            .iter()
            .filter(|q| fits(q.asked) && q.statement.0 <= guarded.start && guarded.end <= q.statement.1);
        around.min_by_key(|q| (q.statement.1 - q.statement.0, q.place.0)).map(Question::at)
    }

    fn last(&self) -> Option<Place> {
        self.questions().map(Question::at).max_by_key(|p| p.start)
    }
}

/// What a condition of a listing asks.
fn of(action: Action) -> Vec<Asked> {
    use Action as A;
    match action {
        A::PtePresentDirty | A::OrigDirty | A::CarryDirty => vec![Asked::action(A::PteDirty)],
        A::PteYoungOrDirty | A::CarryYoung => vec![Asked::action(A::PteYoung)],
        A::CachedOrDirty => vec![Asked::action(A::InSwapCache)],
        A::OrigWritable => vec![Asked::action(A::PteWritable)],
        // What they ask is more than one thing: where C asked the first is right.
        A::CollectHole | A::Collectable => Vec::new(),
        action => kinds::of(action).map_or(vec![Asked::action(action)], |set| vec![Asked::Kind(set)]),
    }
}

/// Whether two questions tell the same entries apart, or are the same.
fn alike(a: Asked, b: Asked, all: u32) -> bool {
    match (a, b) {
        (Asked::Kind(a), Asked::Kind(b)) => all & a == all & b || all & a == all & !b,
        (a, b) => a == b,
    }
}
