//! Walks every path through a function, calls included.

use super::contract::{self, Clause, Contract};
use super::state::{Debts, Entry, Ptl, Rounds, State};
use super::steps::{self, Outcome};
use super::{Body, Find};
use model::Action;
use model::listing::{Doing, Node, nodes};
use std::collections::BTreeSet;

pub type States = BTreeSet<State>;

/// Something that was found: where, as the chain of calls from the function that is walked, and what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub is_error: bool,
    pub places: Vec<Place>,
    pub what: String,
}

/// A line of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub function: &'static str,
    /// As [`model::listing::nodes`] counts; past the last one for its end.
    pub line: usize,
}

/// The loop that a line stands in, inside its own function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Pages,
    Mappings,
}

pub struct Walk<'a> {
    find: Find<'a>,
    /// What it is entered with must be what it is left with.
    contract: &'a Contract,
    pub found: BTreeSet<Found>,
    /// The lines of the function that some path comes to.
    reached: BTreeSet<usize>,
    places: Vec<Place>,
    /// Whether the function of a place asks for `Exclusive`.
    tells_exclusive: Vec<bool>,
    /// States that went on to the next round.
    next: States,
    /// States that begin the round again.
    again: States,
    /// Where the function was left, whether it failed, and how.
    left: BTreeSet<(usize, bool, State)>,
    /// How many loops of each kind are open, calls included.
    open: [usize; 2],
    check_sleeps: bool,
    /// Whether there can be pages that are queued for freeing.
    queues: bool,
}

/// Calls in calls: more than any function has.
const DEEPEST: usize = 32;

/// Whether a function queues pages for freeing, or calls one that does.
fn queues(body: &Body, find: Find, depth: usize) -> bool {
    depth < DEEPEST
        && nodes(&body.function.body).into_iter().filter_map(Node::doing).any(|what| match what {
            Doing::Step(action) => matches!(action, Action::ZapRmap | Action::QueueFree),
            Doing::Call(to) => find(to).is_some_and(|callee| queues(callee, find, depth + 1)),
        })
}

/// Walks a function from what its contract says. `own`: whether the contract is the function's own word, so
/// that what it does not say does not hold either.
pub fn walk<'a>(body: &'a Body, contract: &'a Contract, own: bool, find: Find<'a>) -> BTreeSet<Found> {
    let listing = &body.function.body;
    let all = nodes(listing);
    let mut walk = Walk {
        find,
        contract,
        found: BTreeSet::new(),
        reached: BTreeSet::new(),
        places: vec![Place { function: body.function.name, line: 0 }],
        tells_exclusive: vec![tells_exclusive(listing)],
        next: States::new(),
        again: States::new(),
        left: BTreeSet::new(),
        open: [0; 2],
        check_sleeps: own,
        queues: contract.clauses().iter().any(|c| contract::state(&c.enter).debts.has(Debts::PAGES))
            || queues(body, find, 0),
    };
    walk.form(listing, 0, false);
    for clause in contract.clauses() {
        let mut start = contract::state(&clause.enter);
        if super::begins_an_operation(body.function.name) {
            start.mmap = super::state::Mmap::None;
        }
        let end = walk.block(listing, 0, [start].into(), Within::Nothing);
        let mut ends = std::mem::take(&mut walk.left);
        ends.extend(end.into_iter().map(|s| (all.len(), false, s)));
        for (at, failed, s) in ends {
            walk.at(at);
            walk.leaves(&clause, failed, &s);
        }
    }
    if walk.found.iter().all(|f| !f.is_error) {
        let dead = (0..all.len()).find(|line| !walk.reached.contains(line));
        if let Some(line) = dead {
            walk.at(line);
            walk.error("no path comes here; expected it to be left out");
        }
    }
    walk.found
}

fn tells_exclusive(listing: &[Node]) -> bool {
    nodes(listing).iter().any(|n| n.doing() == Some(Doing::Step(Action::Exclusive)))
}

/// How many lines a node stands on.
fn size(node: &Node) -> usize {
    usize::from(!node.is_comment()) + node.blocks().flatten().map(size).sum::<usize>()
}

fn has_step(body: &[Node]) -> bool {
    nodes(body).into_iter().filter_map(Node::doing).any(|what| what.action().is_none_or(|a| !a.is_local()))
}

impl<'a> Walk<'a> {
    fn at(&mut self, line: usize) {
        if let Some(last) = self.places.last_mut() {
            last.line = line;
        }
    }

    fn say(&mut self, is_error: bool, what: &str) {
        self.found.insert(Found { is_error, places: self.places.clone(), what: what.to_owned() });
    }

    fn error(&mut self, what: &str) {
        self.say(true, what);
    }

    fn has_errors(&self) -> bool {
        self.found.iter().any(|f| f.is_error)
    }

    /// What is wrong with lines whatever the paths are.
    fn form(&mut self, listing: &[Node], first: usize, in_loop: bool) {
        let mut line = first;
        for node in listing {
            self.at(line);
            let fails = |walk: &Self, what: Doing| walk.can_fail(what);
            match node {
                Node::Do(what, other) if !other.is_empty() && !fails(self, *what) => {
                    self.error("this never fails; expected no else");
                }
                Node::If(what, _, _) if !fails(self, *what) => {
                    self.error("this never fails; expected a condition")
                }
                Node::If(_, yes, no) if yes.iter().chain(no).all(Node::is_comment) => {
                    self.error("a condition with nothing behind it; expected something in the branch");
                }
                Node::EachPage(body) | Node::EachMapping(body) if !has_step(body) => {
                    self.error("a loop without a step; expected at least one in it");
                }
                Node::Do(Doing::Step(Action::FreeBatch), _) if !self.queues => {
                    self.error("nobody queues a page for freeing here; expected ZapRmap or QueueFree, or `enter owes pages`");
                }
                Node::Next | Node::Again if !in_loop => {
                    self.error("there is no round to leave here; expected it inside a loop");
                }
                _ => {}
            }
            let is_loop = matches!(node, Node::EachPage(_) | Node::EachMapping(_));
            let mut inside = line + 1;
            for block in node.blocks() {
                self.form(block, inside, in_loop || is_loop);
                inside += block.iter().map(size).sum::<usize>();
            }
            line += size(node);
        }
    }

    fn can_fail(&self, what: Doing) -> bool {
        match what {
            Doing::Step(action) => action.can_fail(),
            Doing::Call(name) => {
                (self.find)(name).is_none_or(|b| nodes(&b.function.body).iter().any(|n| matches!(n, Node::Fail)))
            }
        }
    }

    /// Lets states through a block whose first line has that number; what falls out of its end comes back.
    fn block(&mut self, nodes: &'a [Node], first: usize, mut states: States, within: Within) -> States {
        let mut line = first;
        for node in nodes {
            if states.is_empty() {
                break;
            }
            if !node.is_comment() {
                if self.places.len() == 1 {
                    self.reached.insert(line);
                }
                self.at(line);
                states = self.node(node, line, states, within);
            }
            line += size(node);
        }
        states
    }

    fn node(&mut self, node: &'a Node, at: usize, states: States, within: Within) -> States {
        let inside = at + 1;
        match node {
            Node::Why(_) | Node::Remark(_) => states,
            Node::Do(what, other) => {
                let (mut yes, no) = self.doing(*what, &states);
                if other.is_empty() {
                    yes.extend(no);
                } else {
                    yes.extend(self.block(other, inside, no, within));
                }
                yes
            }
            Node::If(what, then, other) => {
                let (yes, no) = self.doing(*what, &states);
                let mut out = self.block(then, inside, yes, within);
                let behind = inside + then.iter().map(size).sum::<usize>();
                out.extend(self.block(other, behind, no, within));
                out
            }
            Node::EachPage(body) => self.each(body, at, &states, Within::Pages),
            Node::EachMapping(body) => self.each(body, at, &states, Within::Mappings),
            Node::Next | Node::Again => {
                for s in states {
                    if *node == Node::Again {
                        if !s.round.stepped {
                            self.error("the round begins again without a step taken; expected one before, or it never ends");
                        }
                        if let Some(s) = self.round_over(&s, within) {
                            self.again.insert(s);
                        }
                    } else if let Some(s) = self.round_over(&s, within) {
                        self.next.insert(s);
                    }
                }
                States::new()
            }
            Node::Return | Node::Fail => {
                for s in states {
                    if let Some(s) = self.round_over(&s, within) {
                        self.left.insert((at, *node == Node::Fail, s));
                    }
                }
                States::new()
            }
            Node::Retry | Node::Finish => {
                for s in states {
                    // The operation's end takes a begun access with it.
                    self.leaves(&Clause::default(), false, &State { mid_access: false, ..s });
                }
                States::new()
            }
            Node::Jump(name) => {
                for s in &states {
                    self.jump(name, s);
                }
                States::new()
            }
        }
    }

    /// The states in which a step or a call succeeds, and those in which it fails.
    fn doing(&mut self, what: Doing, states: &States) -> (States, States) {
        match what {
            Doing::Step(action) => self.step(action, states),
            Doing::Call(name) => self.call(name, states),
        }
    }

    fn step(&mut self, action: Action, states: &States) -> (States, States) {
        let tells_exclusive = self.tells_exclusive.last().copied().unwrap_or_default();
        let (mut yes, mut no) = (States::new(), States::new());
        for s in states {
            let Outcome { yes: holds, no: fails, errors, warnings, sleeps } =
                steps::take(action, *s, tells_exclusive);
            errors.iter().for_each(|what| self.error(what));
            warnings.iter().for_each(|what| self.say(false, what));
            if let Some(sleep) = sleeps.filter(|sleep| self.check_sleeps && !self.contract.sleeps_on(*sleep)) {
                self.error(&format!(
                    "this may sleep, and the contract does not say so; expected `sleeps {}` in the head",
                    sleep.name()
                ));
            }
            yes.extend(holds);
            no.extend(fails);
        }
        (yes, no)
    }

    /// A call is walked through as if the function stood there.
    fn call(&mut self, name: &'static str, states: &States) -> (States, States) {
        let Some(body) = (self.find)(name).filter(|_| self.places.len() < DEEPEST) else {
            return (states.clone(), States::new());
        };
        let contract = super::contract_of(body);
        let helper = super::is_helper(body);
        let clauses = contract.clauses();
        let fit: States = states.iter().copied().filter(|s| self.enters(name, &clauses, s)).collect();
        let outer_next = std::mem::take(&mut self.next);
        let outer_again = std::mem::take(&mut self.again);
        let outside = std::mem::take(&mut self.left);
        self.places.push(Place { function: body.function.name, line: 0 });
        self.tells_exclusive.push(tells_exclusive(&body.function.body));
        let mut yes = States::new();
        let mut no = States::new();
        // Of a function without a contract, each path leaves what it held as it was.
        let groups: Vec<States> = if helper { fit.iter().map(|s| [*s].into()).collect() } else { vec![fit] };
        for group in groups {
            let before = group.first().copied();
            let ended = self.block(&body.function.body, 0, group, Within::Nothing);
            let end = nodes(&body.function.body).len();
            let mut ends = std::mem::take(&mut self.left);
            ends.extend(ended.into_iter().map(|s| (end, false, s)));
            for (at, failed, s) in ends {
                self.at(at);
                if helper && before.is_some_and(|b| b.held() != s.held()) {
                    self.error("the function leaves with another lock, reference or entry than it was entered with; expected the same, or a contract that says so");
                }
                if failed {
                    no.insert(s)
                } else {
                    yes.insert(s)
                };
            }
        }
        self.tells_exclusive.pop();
        self.places.pop();
        (self.next, self.again, self.left) = (outer_next, outer_again, outside);
        (yes, no)
    }

    /// Whether a state is what a function can be entered with.
    fn enters(&mut self, name: &str, clauses: &[Clause], s: &State) -> bool {
        let lacks: Vec<Vec<_>> = clauses.iter().map(|c| contract::missing(&c.enter, s).collect()).collect();
        let Some(least) = lacks.iter().min_by_key(|l| l.len()).filter(|l| !l.is_empty()) else { return true };
        let names = least.iter().map(|i| format!("`{}`", i.name)).collect::<Vec<_>>().join(", ");
        let only_warn = least.iter().all(|i| i.only_loses_data());
        self.say(!only_warn, &format!("{name} is entered here without what it needs; expected {names}"));
        only_warn
    }

    /// Control goes to a function for good: what is held now must be what that is entered with.
    fn jump(&mut self, name: &'static str, s: &State) {
        let Some(body) = (self.find)(name) else { return };
        let clauses = super::contract_of(body).clauses();
        if !self.enters(name, &clauses, s) {
            return;
        }
        let fitting = clauses.iter().find(|c| contract::missing(&c.enter, s).all(|i| i.only_loses_data()));
        if let Some(clause) = fitting {
            self.owes(&contract::state(&clause.enter), s, &format!("when {name} takes over"));
        }
    }

    /// Round after round, until no new state comes up.
    fn each(&mut self, body: &'a [Node], at: usize, states: &States, kind: Within) -> States {
        let open = usize::from(kind == Within::Mappings);
        if self.open[open] > 0 {
            let what = if kind == Within::Pages { "pages" } else { "mappings" };
            self.error(&format!("a loop over the {what} inside a loop over the {what}; expected one"));
            return States::new();
        }
        let mut seen = States::new();
        let mut out = States::new();
        let mut new = States::new();
        for s in states {
            if let Some(mut s) = self.before_loop(s, kind) {
                if kind == Within::Pages {
                    s.rounds = Rounds::ALL;
                } else {
                    s.round.back_so_far = Some(true);
                }
                new.insert(s);
            }
        }
        let entered = !new.is_empty();
        let outer_next = std::mem::take(&mut self.next);
        let outer_again = std::mem::take(&mut self.again);
        self.open[open] += 1;
        while !new.is_empty() {
            seen.extend(&new);
            let fallen = self.block(body, at + 1, new, kind);
            self.at(at);
            for s in fallen {
                out.extend(self.round_over(&s, kind));
            }
            out.append(&mut self.next);
            let again = std::mem::take(&mut self.again);
            new = out.iter().chain(&again).copied().filter(|s| !seen.contains(s)).collect();
        }
        self.open[open] -= 1;
        (self.next, self.again) = (outer_next, outer_again);
        self.at(at);
        if entered && out.is_empty() && self.left.is_empty() && !self.has_errors() {
            self.error("no path gets past the first round; expected next, return or the end of the round");
        }
        if kind == Within::Pages && out.iter().any(|s| s.rounds.any_released && !s.rounds.released) {
            self.error("some sources are unlocked and put, and the list still has them; expected ForgetSource for those, or all of them let go");
            return States::new();
        }
        let after = |mut s: State| {
            if kind == Within::Mappings {
                s.round.back = s.round.back_so_far == Some(true);
                s.round.back_so_far = None;
            } else {
                if s.debts.has(Debts::SOURCES) && s.rounds.released {
                    s.debts.set(Debts::SOURCES, false);
                    // The list names folios that are not its own any more.
                    s.begun &= !s.rounds.any_released;
                }
                s.collected |= s.debts.has(Debts::SOURCES);
                s.allocated |= s.debts.has(Debts::DESTINATIONS);
                s.debts.set(Debts::DESTINATIONS, s.debts.has(Debts::DESTINATIONS) && !s.rounds.put);
            }
            s
        };
        out.into_iter().map(after).collect()
    }

    /// What a loop begins with: nothing is half done.
    fn before_loop(&mut self, s: &State, kind: Within) -> Option<State> {
        if kind == Within::Pages {
            return self.round_over(s, kind);
        }
        self.mapping_over(s)
    }

    /// What must hold when a round is left, and what it leaves behind. `None` if that does not hold.
    fn round_over(&mut self, s: &State, within: Within) -> Option<State> {
        match within {
            Within::Nothing => Some(*s),
            Within::Mappings => self.mapping_over(s),
            Within::Pages => self.page_over(s),
        }
    }

    fn mapping_over(&mut self, s: &State) -> Option<State> {
        if s.ptl != Ptl::None {
            self.error("the walk goes on with a page-table lock held; expected UnlockPtl before");
            return None;
        }
        let fine = self.entry_over(s);
        let mut over = s.next_mapping();
        over.round.back_so_far = s.round.back_so_far.map(|so_far| so_far && s.round.back_here);
        fine.then_some(over)
    }

    /// The entry is as it was found, or something is in its place, and the books are right.
    fn entry_over(&mut self, s: &State) -> bool {
        let pte = &s.round.pte;
        let before = self.found.len();
        if pte.entry == Entry::Cleared && !pte.is_empty() {
            self.error(
                "the entry stays empty, though the page is mapped; expected it put back, or another entry installed",
            );
        }
        if pte.entry == Entry::Replaced && !pte.unmapped {
            self.error("another entry is installed, and the mapping still counts; expected RemoveRmap");
        }
        if pte.entry == Entry::Found && pte.unmapped {
            self.error("the mapping does not count any more, and the entry is still there; expected none or both");
        }
        if pte.uncounted && pte.entry == Entry::Found {
            self.error(
                "the entry stays, and does not count any more; expected ClearEntry, or a page mapped in its place",
            );
        }
        if pte.slot_counts {
            self.error("a page is mapped, and its slot still counts the entry that is gone; expected SwapFree");
        }
        if pte.child_uncounted {
            self.error("the child's entry is counted nowhere; expected its mapping or slot counted too");
        }
        if pte.dup {
            self.error("the child's mapping is counted, and it has no entry; expected the entry copied");
        }
        self.found.len() == before
    }

    fn page_over(&mut self, s: &State) -> Option<State> {
        let before = self.found.iter().filter(|f| f.is_error).count();
        self.entry_over(s);
        let (folio, pte) = (s.round.folio, s.round.pte);
        let mut debts = s.debts;
        let released = s.round.source == Some(true) && !folio.locked && folio.refs == 0;
        if pte.collected {
            if !folio.locked {
                self.error(
                    "a migration entry, and the folio is not locked; expected it locked until migration is over",
                );
            }
            if folio.refs != 1 {
                self.error("expected exactly the reference of one GetFolio on a collected folio");
            }
            debts.set(Debts::SOURCES, true);
            debts.set(Debts::FLUSH, debts.has(Debts::FLUSH) || pte.unflushed);
        } else if folio.listed {
            let kept = folio.locked && folio.refs == 1 && !s.round.forgotten;
            if !kept && !released {
                self.error("the source is half given back: it is let go locked, referenced or forgotten without the rest; expected all or nothing of it");
            }
        } else {
            self.nothing_of_the_page(s);
            // What was cleared and has another entry now.
            debts.set(Debts::FLUSH, debts.has(Debts::FLUSH) || (pte.unflushed && pte.entry != Entry::Found));
        }
        if s.round.dst_unlocked {
            self.error("the destination is unlocked, and not put; expected PutDst");
        }
        self.nothing_half_done(s);
        let this = Rounds {
            gone: pte.is_empty() || pte.kinds.within(super::state::Kinds::NONE),
            released: released || s.round.source == Some(false),
            put: s.round.dst == Some(false),
            any_released: released && !s.round.forgotten,
        };
        let after = self.found.iter().filter(|f| f.is_error).count();
        let over = State { debts, rounds: s.rounds.and(this), ..s.between() };
        (after == before).then_some(over)
    }

    fn nothing_of_the_page(&mut self, s: &State) {
        let folio = s.round.folio;
        if folio.locked {
            self.error("the folio stays locked, and is not collected; expected UnlockFolio before");
        }
        if folio.refs > 0 {
            self.error("a reference stays on a folio that is not collected; expected PutFolio before");
        }
    }

    /// What no contract hands over.
    fn nothing_half_done(&mut self, s: &State) {
        let (folio, round) = (s.round.folio, s.round);
        if folio.pinned {
            self.error("a pin stays on the folio; expected UnpinFolio before");
        }
        if folio.frozen {
            self.error("the folio stays frozen; expected Unfreeze or QueueFree before");
        }
        if folio.slot_dup {
            self.error("the slot counts an entry that there is not; expected UndupSlot before");
        }
        if folio.writeback {
            self.error("the folio stays under writeback; expected EndWriteback before");
        }
        if folio.taken_dirty {
            self.say(
                false,
                "PG_dirty was cleared to write the folio, and it is not written; expected StartWriteback before",
            );
        }
        if round.new {
            self.error("the new page is neither mapped nor put; expected PutNew before");
        }
        if round.slot_pinned {
            self.error("the slot stays pinned; expected UnpinSlot before");
        }
    }

    /// A function, or the operation, is left.
    fn leaves(&mut self, clause: &Clause, failed: bool, s: &State) {
        let items = clause.fail.as_ref().filter(|_| failed).unwrap_or(&clause.leave);
        let end = if failed { "where the function fails" } else { "where the function is left" };
        self.owes(&contract::state(items), s, end);
        if s.mid_access {
            self.error(&format!("an access is begun and not made {end}; expected Access before"));
        }
    }

    /// What a path holds and owes against what it may.
    fn owes(&mut self, expected: &State, s: &State, end: &str) {
        if s.ptl != expected.ptl {
            match (s.ptl, expected.ptl) {
                (Ptl::None, _) => {
                    self.error(&format!("the page-table lock is not held {end}; the contract has it held"))
                }
                (Ptl::One, Ptl::None) => {
                    self.error(&format!("the page-table lock is held {end}; expected UnlockPtl before"))
                }
                _ => self.error(&format!("both page-table locks are held {end}; expected UnlockBothPtls before")),
            }
        }
        let (folio, wanted) = (s.round.folio, expected.round.folio);
        if folio.locked != wanted.locked {
            let what = if folio.locked {
                format!("the folio is locked {end}; expected UnlockFolio before")
            } else {
                format!("the folio is not locked {end}; the contract has it locked")
            };
            self.error(&what);
        }
        if folio.refs != wanted.refs {
            let what = if folio.refs > wanted.refs {
                format!("a reference on the folio is left {end}; expected PutFolio before")
            } else {
                format!("no reference on the folio is left {end}; the contract has one")
            };
            self.error(&what);
        } else if folio.isolated != wanted.isolated && folio.refs > 0 && !folio.listed {
            self.error(&format!("the folio is off the LRU {end}, and the contract has it otherwise; expected PutBackLru, or IsolateLru, before"));
        }
        let cleared = [s, expected].map(|s| s.round.pte.entry == Entry::Cleared);
        match cleared {
            [true, true] => {}
            [false, true] => self.error(&format!("the entry is not empty {end}; the contract has it cleared")),
            _ => {
                self.entry_over(s);
            }
        }
        let mut rest = *s;
        rest.round.new &= !expected.round.new;
        rest.round.slot_pinned &= !expected.round.slot_pinned;
        rest.round.folio.frozen &= !wanted.frozen;
        if wanted.frozen && !folio.frozen {
            self.error(&format!("the folio is not frozen {end}; the contract has it frozen"));
        }
        if expected.round.new && !s.round.new {
            self.error(&format!("there is no new page {end}; the contract has one"));
        }
        if expected.round.slot_pinned && !s.round.slot_pinned {
            self.error(&format!("no slot is pinned {end}; the contract has it pinned"));
        }
        self.nothing_half_done(&rest);
        let owed = Debts(s.debts.0 & !expected.debts.0);
        for (debt, is_error, what) in OWED {
            if owed.has(debt) {
                self.say(is_error, &what.replace("{end}", end));
            }
        }
        let unflushed = s.round.pte.unflushed && s.round.pte.entry != Entry::Found && !cleared[0];
        if unflushed && !owed.has(Debts::FLUSH) && !expected.debts.has(Debts::FLUSH) {
            self.say(false, "entries were cleared, and no flush follows; CPUs keep using the old ones");
        }
    }
}

/// What is owed when it must not be, and whether that can be run at all.
const OWED: [(Debts, bool, &str); 11] = [
    (Debts::FLUSH, false, "entries were cleared, and no flush follows; CPUs keep using the old ones"),
    (Debts::GATHER_FLUSH, false, "the flush of the mmu gather is owed {end}; expected FlushRange before"),
    (Debts::GATHER, false, "the mmu gather is open {end}; expected GatherEnd before"),
    (
        Debts::PROTECT_FLUSH,
        false,
        "entries were write-protected, and the flush is owed {end}; expected FlushMm before",
    ),
    (Debts::BATCH, false, "a batched flush is owed {end}; expected FlushPending before"),
    (Debts::PAGES, true, "pages are queued for freeing {end}; expected FreeBatch before"),
    (Debts::KEPT, true, "folios are kept off the LRU {end}; expected PutBackKept before"),
    (
        Debts::SOURCES,
        true,
        "collected folios are locked and referenced {end}; expected UnlockSrc and PutSrc for each",
    ),
    (
        Debts::DESTINATIONS,
        true,
        "destinations are locked and referenced {end}; expected UnlockDst and PutDst for each",
    ),
    (
        Debts::FORKING.or(Debts::EXITING),
        true,
        "a child is half made, or half gone, {end}; expected EndFork or EndExit before",
    ),
    (
        Debts::FAULT_REF,
        true,
        "the reference of the fault on a device page is left {end}; expected PutFaultPage before",
    ),
];
