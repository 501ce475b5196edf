//! How a case of the model is forced on a real kernel: who goes on until where, in moves that a guest can be
//! held to.
//!
//! The execution of the model is cut where another actor goes on. An actor that is between operations there
//! waits in user space; one that waits for a lock waits by itself; one in the middle of an operation is held
//! where it is about to enter a kernel function that the next step cites ([`impls::vocabulary`]). Where the
//! step cites none that the kernel has, the cut is moved to a step near by, of the same operation, that does;
//! the model then says whether the execution still comes to the same finding. Only such a cut is taken.

use crate::hold::{Move, Symbols};
use corpus::{Case, Schedule};
use impls::Version;
use model::{Action, ActorKind, Config, Happened, Hardware, Machine, OpKind, Swap, Transition, World};
use oracle::{Finding, Judge, Row, Trace, trace};

/// What a load returned in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Who loaded.
    pub actor: usize,
    /// By which of its operations.
    pub op: usize,
    /// All words of the page.
    pub words: [u8; model::ACTORS],
}

/// What is to be done, and what is to come out.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The programs, the drain behind the first, with strokes between them.
    pub programs: String,
    /// How many actors there are.
    pub actors: usize,
    /// What is done, in order.
    pub moves: Vec<Move>,
    /// What the loads return in the model.
    pub loads: Vec<Load>,
    /// The wrong load that is to come out, if the model has one.
    pub wrong: Option<Wrong>,
    /// The case as it is forced.
    pub case: Case,
}

/// A load of something that the program never left there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Who loads.
    pub actor: usize,
    /// By which of its operations.
    pub op: usize,
    /// Which page.
    pub page: usize,
    /// Which word of it.
    pub word: usize,
    /// What comes back.
    pub got: u8,
    /// What should come back.
    pub last: u8,
    /// Zero would be right too.
    pub or_zero: bool,
}

/// How far a cut is moved at most, in steps of the actor.
const FAR: usize = 12;

/// Functions that read an entry, and then ask `vm_normal_page` for its page.
const LOOK_UP: [&str; 4] =
    ["copy_present_pte", "madvise_cold_or_pageout_pte_range", "madvise_free_pte_range", "zap_pte_range"];

/// An execution that is being made.
struct Course<'a> {
    world: &'a World<'a>,
    machine: Machine,
    schedule: Schedule,
}

impl Course<'_> {
    /// Takes a transition, if it can be taken.
    fn take(&mut self, who: Transition) -> Option<()> {
        let can = self.machine.enabled(self.world).has(who);
        if can {
            self.machine.step(self.world, who);
        }
        (can && self.schedule.push(who, 1)).then_some(())
    }

    fn is_over(&self, actor: usize) -> bool {
        self.machine.actors[actor].op >= self.world.programs.len[actor]
    }

    /// An actor goes on to the end of an operation, or until it waits.
    fn go(&mut self, actor: usize, op: usize, waiting: &mut Vec<usize>) -> Option<()> {
        for _ in 0..LONG {
            let at = usize::from(self.machine.actors[actor].op);
            if at > op || self.is_over(actor) {
                break;
            }
            if !self.goes_on(actor)? {
                waiting.push(actor);
                return Some(());
            }
            if usize::from(self.machine.actors[actor].op) > at {
                for other in std::mem::take(waiting) {
                    self.go(other, self.machine.actors[other].op.into(), waiting)?;
                }
            }
        }
        Some(())
    }

    /// A step of an actor, or of a CPU that it waits for. False if it waits for somebody else.
    fn goes_on(&mut self, actor: usize) -> Option<bool> {
        let enabled = self.machine.enabled(self.world);
        let interrupts = (0..model::ACTORS).map(Transition::interrupt);
        match std::iter::once(Transition::run(actor)).chain(interrupts).find(|who| enabled.has(*who)) {
            Some(next) => self.take(next).map(|()| true),
            None => Some(false),
        }
    }
}

/// More steps than a program has; an operation that retries for ever ends there.
const LONG: usize = 2_000;

/// The address of the first page of a case: as in `kernel/agent/src/pages.rs`.
const BASE: u64 = 0x10000;
const PAGE: u64 = 0x1000;

/// How many plans are worth a boot.
const PLANS: usize = 6;

/// Makes plans, the simplest first: a kernel may not come by the places of the first.
///
/// # Errors
/// If the case cannot be expressed on a real kernel, with the reason.
pub fn plans(version: &Version, case: &Case, symbols: &Symbols) -> Result<Vec<Plan>, String> {
    expressible(case)?;
    let drawn = Drawn::new(version, case.clone())?;
    if drawn.wrong().is_none()
        && let Some(finding) = drawn.trace.finding
    {
        return Err(format!("no program can see what the model finds ({})", finding.judge().name()));
    }
    let cuts = drawn.cuts().len();
    // Without a finding there is nothing that says whether an interleaving without cuts is the same.
    let least = if drawn.wrong().is_some() { 0 } else { cuts.min(1) };
    let mut plans: Vec<Plan> = Vec::new();
    let mut why = None;
    for kept in least..=cuts {
        for left_out in 0..=2 {
            let coarse = drawn.coarse(kept).and_then(|case| Drawn::new(version, case).ok());
            let Some(coarse) =
                coarse.filter(|other| other.wrong().map(Wrong::value) == drawn.wrong().map(Wrong::value))
            else {
                break;
            };
            match coarse.held(symbols, left_out) {
                Ok(plan) if plans.iter().any(|known| known.moves == plan.moves) => {}
                Ok(plan) => plans.push(plan),
                Err(e) => {
                    why.get_or_insert(e);
                    break;
                }
            }
        }
    }
    // As it is, cut by cut.
    if plans.is_empty() {
        match drawn.held(symbols, 0) {
            Ok(plan) => plans.push(plan),
            Err(e) => why = Some(e),
        }
    }
    plans.truncate(PLANS);
    if plans.is_empty() {
        return Err(why.unwrap_or_else(|| "no interleaving that can be forced comes to the same".to_owned()));
    }
    Ok(plans)
}

/// What only the model can do.
fn expressible(case: &Case) -> Result<(), String> {
    let Case { config, programs, .. } = case;
    let Config { hardware, swap, shared, large, device_frames, .. } = config;
    let no = |what: &str| Err(format!("{what}: a guest has none"));
    if *hardware != Hardware::Hw0 {
        return no("another CPU than x86 as emulated");
    }
    if *swap == Swap::Disk {
        return no("a swap device that completes later");
    }
    if *shared != 0 || *large != 0 || usize::from(*device_frames) != model::DEVICE_FRAMES {
        return no("pages that are there before the programs begin, or a device without room");
    }
    if programs.actors > 3 {
        return Err("more than three actors: a guest has four CPUs, and needs one for everybody else".to_owned());
    }
    for actor in 0..programs.actors as usize {
        if programs.kinds[actor] != ActorKind::Cpu {
            return no("kswapd or a DMA device that goes on when it is told");
        }
        for op in programs.of(actor) {
            let pins = [OpKind::Pin, OpKind::PinWrite, OpKind::Unpin, OpKind::GetWrite, OpKind::Dma];
            if pins.contains(&op.kind) {
                return Err(format!("{op}: no system call of the guest does it"));
            }
        }
    }
    Ok(())
}

/// A place to hold an actor at.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    function: String,
    passes: usize,
    page: Option<u64>,
}

/// An execution of the model, cut where another actor goes on.
struct Drawn<'a> {
    version: &'a Version,
    case: Case,
    trace: Trace,
    /// For each piece the actor, and its last row.
    blocks: Vec<(usize, usize)>,
}

impl Wrong {
    /// Where and what, whenever it comes.
    fn value(self) -> (usize, usize, u8) {
        (self.page, self.word, self.got)
    }
}

impl<'a> Drawn<'a> {
    fn new(version: &'a Version, case: Case) -> Result<Drawn<'a>, String> {
        let case = oracle::counted(version, &case).into_owned();
        let trace = trace(version, &case);
        if trace.summary.end != oracle::End::Complete {
            return Err("the model does not come to an end".to_owned());
        }
        let mut blocks: Vec<(usize, usize)> = Vec::new();
        for (n, row) in trace.rows.iter().enumerate().take(trace.summary.program_steps as usize) {
            let Some(actor) = row.event.transition.actor() else { continue };
            match blocks.last_mut() {
                Some((last, end)) if *last == actor => *end = n,
                _ => blocks.push((actor, n)),
            }
        }
        Ok(Drawn { version, case, trace, blocks })
    }

    /// With each cut at a place where the kernel can be held; `left_out` says how many places of the first one
    /// are passed over.
    fn held(self, symbols: &Symbols, mut left_out: usize) -> Result<Plan, String> {
        let (version, wanted) = (self.version, self.wrong());
        let mut drawn = self;
        let mut holds: Vec<(usize, Place)> = Vec::new();
        let mut settled = 0;
        while let Some((block, next)) = drawn.cut(settled) {
            let place = drawn.place(next, symbols, holds.last().map(|(row, _)| *row));
            if left_out == 0
                && let Some(place) = place
            {
                holds.push((next, place));
                settled = block + 1;
                continue;
            }
            left_out = left_out.saturating_sub(usize::from(place.is_some()));
            let fits = |other: &Drawn| {
                let cut = other.cut(settled).filter(|(at, _)| *at == block);
                cut.is_some_and(|(_, next)| other.place(next, symbols, None).is_some())
                    && wanted.map(Wrong::value) == other.wrong().map(Wrong::value)
            };
            let found = {
                let moved = drawn.moved(block, next).filter_map(|case| Drawn::new(version, case).ok());
                moved.filter(fits).nth(left_out)
            };
            drawn = found.ok_or_else(|| {
                let row = &drawn.rows()[next];
                format!("nothing that the kernel has a function for is near {}/{}", row.function, row.text())
            })?;
            left_out = 0;
        }
        Ok(drawn.plan(&holds))
    }

    /// The pieces that end in the middle of an operation which could go on; not those in the middle of a load
    /// or store, which nothing can hold.
    fn cuts(&self) -> Vec<usize> {
        let mut cuts = Vec::new();
        let mut from = 0;
        while let Some((block, next)) = self.cut(from) {
            from = block + 1;
            let step = self.rows()[next].action.and_then(impls::step);
            if step.is_some_and(|step| step.calls != "-") {
                cuts.push(block);
            }
        }
        cuts
    }

    /// The same order of actors with so many of the cuts, the first: elsewhere an actor goes on to the end of
    /// its operation, or until it has to wait. One that waits goes on when an operation of another one is over,
    /// since nobody holds it then.
    fn coarse(&self, kept: usize) -> Option<Case> {
        let kept = &self.cuts()[..kept];
        let config = self.version.config(&self.case.config);
        let world = World::new(&config, &self.case.programs, self.version.code(config.profile));
        let mut course = Course { world: &world, machine: Machine::new(&config), schedule: Schedule::default() };
        let mut waiting: Vec<usize> = Vec::new();
        let mut from = 0;
        for (block, (actor, end)) in self.blocks.iter().copied().enumerate() {
            let rows = &self.rows()[from..=end];
            from = end + 1;
            if kept.contains(&block) {
                rows.iter().try_for_each(|row| course.take(row.event.transition))?;
                continue;
            }
            course.go(actor, self.op(end, actor), &mut waiting)?;
        }
        for actor in 0..self.case.programs.actors as usize {
            let ops = usize::from(self.case.programs.len[actor]);
            course.go(actor, ops.saturating_sub(1), &mut waiting)?;
        }
        Some(Case { schedule: course.schedule, ..self.case.clone() })
    }

    fn rows(&self) -> &[Row] {
        &self.trace.rows[..self.trace.summary.program_steps as usize]
    }

    /// Which operation an actor is in, in a row.
    fn op(&self, row: usize, actor: usize) -> usize {
        self.trace.rows[row].before.actors[actor].op.into()
    }

    /// The rows of an actor's operation behind a row.
    fn behind(&self, row: usize, actor: usize) -> impl Iterator<Item = usize> + '_ {
        let op = self.op(row, actor);
        let own = move |n: &usize| self.rows()[*n].event.transition.actor() == Some(actor);
        (row + 1..self.rows().len()).filter(own).take_while(move |n| self.op(*n, actor) == op)
    }

    /// The first piece from one on that ends in the middle of an operation which could go on; with the next
    /// row of its actor.
    fn cut(&self, from: usize) -> Option<(usize, usize)> {
        (from..self.blocks.len()).find_map(|block| {
            let (actor, end) = self.blocks[block];
            if self.rows()[end].event.returned || self.waits(actor, end) {
                return None;
            }
            Some((block, self.behind(end, actor).next()?))
        })
    }

    /// Whether an actor waits behind a row.
    fn waits(&self, actor: usize, row: usize) -> bool {
        let config = self.version.config(&self.case.config);
        let world = World::new(&config, &self.case.programs, self.version.code(config.profile));
        !self.rows()[row].after.enabled(&world).has(Transition::run(actor))
    }

    /// The function that an actor enters with a row, if the kernel has it.
    fn function(&self, row: usize, symbols: &Symbols) -> Option<&'static str> {
        let Row { action, event, .. } = &self.rows()[row];
        let (action, actor) = ((*action)?, event.transition.actor()?);
        let next = self.behind(row, actor).next().and_then(|n| self.rows()[n].action);
        let calls = impls::step(action)?.calls.split(", ");
        let of_this_step = calls.filter(|call| !call.ends_with("(its flush)"));
        let names = of_this_step.filter_map(|call| match call.split(' ').next()? {
            // Inlined: what it calls is not.
            "flush_tlb_page" | "flush_tlb_range" | "flush_tlb_mm" => Some("flush_tlb_mm_range"),
            // Of the clears only the one that flushes at once.
            "ptep_clear_flush" if next != Some(Action::FlushPage) => None,
            name => Some(name),
        });
        // What looks the page of a word up does so behind the read of it.
        let read = self.before(row, actor).and_then(|n| self.rows()[n].action) == Some(Action::ReadPte);
        let looks_up = read && LOOK_UP.contains(&self.rows()[row].function);
        let names = looks_up.then_some("vm_normal_page").into_iter().chain(names);
        names.into_iter().find(|name| symbols.of(name).is_some())
    }

    /// The row of an actor's operation before a row.
    fn before(&self, row: usize, actor: usize) -> Option<usize> {
        let op = self.op(row, actor);
        let own = |n: &usize| self.rows()[*n].event.transition.actor() == Some(actor) && self.op(*n, actor) == op;
        (0..row).rev().find(own)
    }

    fn page(&self, row: usize, function: &str) -> Option<u64> {
        let Row { action, event, before, .. } = &self.rows()[row];
        let actor = event.transition.actor()?;
        let page = match (function, action) {
            ("ptep_clear_flush" | "vm_normal_page", _) => before.actors[actor].page,
            ("flush_tlb_mm_range", Some(Action::FlushPage | Action::FlushRange)) => event.op?.arg,
            _ => return None,
        };
        Some(BASE + PAGE * u64::from(page))
    }

    /// Where an actor is held that is to stop before a row; it was held before another one last.
    fn place(&self, row: usize, symbols: &Symbols, held: Option<usize>) -> Option<Place> {
        let function = self.function(row, symbols)?;
        let page = self.page(row, function);
        let actor = self.rows()[row].event.transition.actor()?;
        let same = |n: &usize| {
            self.rows()[*n].event.transition.actor() == Some(actor)
                && self.op(*n, actor) == self.op(row, actor)
                && self.function(*n, symbols) == Some(function)
                && self.page(*n, function) == page
        };
        // Held before it, it enters the function first of all when it goes on.
        let from = held.filter(|held| self.rows()[*held].event.transition.actor() == Some(actor));
        let passes = (from.unwrap_or(0)..row).filter(same).count();
        Some(Place { function: function.to_owned(), passes, page })
    }

    /// The same with the cut behind a piece moved to another step of the operation, the nearest first.
    fn moved(&self, block: usize, next: usize) -> impl Iterator<Item = Case> + '_ {
        let (actor, end) = self.blocks[block];
        let op = self.op(next, actor);
        let own =
            move |n: &usize| self.rows()[*n].event.transition.actor() == Some(actor) && self.op(*n, actor) == op;
        let later: Vec<usize> = (next..self.rows().len()).filter(own).take(FAR).collect();
        let earlier: Vec<usize> = (0..=end).rev().filter(own).take(FAR).collect();
        (1..=FAR).flat_map(move |far| {
            let on = (later.len() > far).then(|| self.order(&later[..far], end + 1));
            let back = (earlier.len() > far).then(|| self.order(&earlier[..far], next));
            [back, on].into_iter().flatten().flatten()
        })
    }

    /// The same execution with some rows before another one, as a case.
    fn order(&self, rows: &[usize], before: usize) -> Option<Case> {
        let mut order: Vec<usize> = (0..self.rows().len()).filter(|n| !rows.contains(n)).collect();
        let at = order.iter().position(|n| *n >= before).unwrap_or(order.len());
        let mut moved = rows.to_vec();
        moved.sort_unstable();
        order.splice(at..at, moved);
        let mut schedule = Schedule::default();
        let fits = order.iter().all(|n| schedule.push(self.rows()[*n].event.transition, 1));
        fits.then(|| Case { schedule, ..self.case.clone() })
    }

    /// The wrong load of the execution, if it has one.
    fn wrong(&self) -> Option<Wrong> {
        let found = self.trace.judges.of(Judge::LastWrite)?;
        let Finding::WrongValue { step, actor, page, word, got, legal, .. } = found else { return None };
        let op = self.op_with_drain(step as usize - 1, actor);
        Some(Wrong { actor, op, page, word, got, last: legal.last, or_zero: legal.or_zero })
    }

    /// Which operation of an actor's program, with the drain behind it, a row belongs to.
    fn op_with_drain(&self, row: usize, actor: usize) -> usize {
        let steps = self.trace.summary.program_steps as usize;
        if row < steps {
            return self.op(row, actor);
        }
        let returned = self.trace.rows[steps..row].iter().filter(|row| row.event.returned).count();
        self.lifted().len() + usize::from(self.case.programs.len[actor]) + returned
    }

    /// What the drain begins with: limits and locks are lifted.
    fn lifted(&self) -> Vec<String> {
        let programs = &self.case.programs;
        let all = || (0..programs.actors as usize).flat_map(|actor| programs.of(actor));
        let limited = all().any(|op| op.kind == OpKind::SwapMax);
        let times = |page: u8| all().filter(|op| op.kind == OpKind::Lock && op.arg == page).count();
        let locked = (0..model::PAGES as u8).filter(|page| times(*page) % 2 == 1);
        let lifted = locked.map(|page| format!("L{page}"));
        limited.then(|| "Q0".to_owned()).into_iter().chain(lifted).collect()
    }

    fn plan(self, holds: &[(usize, Place)]) -> Plan {
        let actors = self.case.programs.actors as usize;
        let mut programs: Vec<Vec<String>> = (0..actors)
            .map(|actor| self.case.programs.of(actor).iter().map(ToString::to_string).collect())
            .collect();
        programs[0].extend(self.lifted());
        let drain = &self.trace.rows[self.trace.summary.program_steps as usize..];
        let drained = drain.iter().filter(|row| row.event.returned).filter_map(|row| row.event.op);
        // The drain reclaims what MADV_PAGEOUT leaves alone: a page that a child maps too.
        let forks = self.case.programs.kinds_used().has(OpKind::Fork);
        programs[0].extend(drained.map(|op| match op.kind {
            OpKind::PageOut if forks => "G0".to_owned(),
            _ => op.to_string(),
        }));
        let mut moves: Vec<Move> = Vec::new();
        for (actor, end) in self.blocks.iter().copied() {
            let op = self.op(end, actor);
            let next = self.behind(end, actor).next();
            let held = holds.iter().find(|(row, _)| Some(*row) == next);
            moves.push(match held {
                Some((_, Place { function, passes, page })) => {
                    Move::Hold { actor, op, function: function.clone(), passes: *passes, page: *page }
                }
                None => Move::Finish { actor, ops: op + 1, waits: !self.rows()[end].event.returned },
            });
        }
        // The drain empties the batches of all CPUs, as MADV_PAGEOUT of a page that is not there does on one.
        let unused = (0..model::PAGES).find(|page| self.case.programs.pages() & 1 << page == 0);
        if let Some(page) = unused {
            for (actor, program) in programs.iter_mut().enumerate().skip(1) {
                program.push(format!("P{page}"));
                moves.push(Move::Finish { actor, ops: program.len(), waits: false });
            }
        }
        moves.push(Move::Finish { actor: 0, ops: programs[0].len(), waits: false });
        let mut loads: Vec<Load> = Vec::new();
        for (n, row) in self.trace.rows.iter().enumerate() {
            let (Happened::Load { data, .. }, Some(actor)) = (row.event.happened, row.event.transition.actor())
            else {
                continue;
            };
            let op = self.op_with_drain(n, actor);
            loads.retain(|load| (load.actor, load.op) != (actor, op));
            loads.push(Load { actor, op, words: data });
        }
        let programs: Vec<String> = programs.into_iter().map(|program| program.join(" ")).collect();
        let wrong = self.wrong();
        Plan { programs: programs.join(" | "), actors, moves, loads, wrong, case: self.case }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "ffffffff81000010 T ptep_clear_flush\nffffffff81000020 T flush_tlb_mm_range\n\
        ffffffff81000030 T folio_mark_dirty\n";

    fn planned(version: &str, text: &str) -> Result<Plan, String> {
        let symbols = Symbols::read(MAP).expect("a map");
        let version = match version.split_once('/') {
            Some((of, mutant)) => impls::mutant(of, mutant).expect("a mutant"),
            None => impls::find(version).expect("a version"),
        };
        let case = corpus::text::parse(text, 1).expect("a case");
        Ok(plans(version, &case, &symbols)?.remove(0))
    }

    #[test]
    fn a_store_between_the_read_and_the_clear_is_held_at_the_clear() {
        let text = "kernel=6.1.192 cpu0: W0 F0 I0 D0 U0 P0 R0 | cpu1: W0 | \
            schedule: 0 to migrate_vma_collect_pmd/ClearPte, 1 op";
        let plan = planned("6.1.192/bugC", text);
        let plan = plan.or_else(|_| planned("6.1.192/bugC", &text.replace("ClearPte,", "ClearPteIgnored,")));
        let plan = plan.expect("it can be forced");
        let hold = Move::Hold {
            actor: 0,
            op: 3,
            function: "ptep_clear_flush".to_owned(),
            passes: 0,
            page: Some(0x10000),
        };
        assert_eq!(plan.moves[..2], [hold, Move::Finish { actor: 1, ops: 1, waits: false }], "{:?}", plan.moves);
        assert!(plan.programs.starts_with("W0 F0 I0 D0 U0 P0 R0") && plan.programs.ends_with(" | W0 P1"));
        let wrong = plan.wrong.expect("bugC loses it");
        assert_eq!((wrong.actor, wrong.op, wrong.word, wrong.last), (0, 6, 1, 1), "{wrong:?}");
        // The kernel as shipped does not, by the same moves.
        let shipped = planned("6.1.192", text).expect("it can be forced");
        assert!(shipped.wrong.is_none() && shipped.moves == plan.moves, "{:?}", shipped.moves);
    }

    #[test]
    fn what_a_guest_cannot_do_is_told() {
        for (text, said) in [
            ("kernel=6.1.192 hw=w2 W0 D0", "another CPU"),
            ("kernel=6.1.192 swap=disk W0 P0", "completes later"),
            ("kernel=6.1.192 W0 IP0 D0", "IP0: no system call"),
            ("kernel=6.1.192 cpu0: W0 | kswapd: P0", "kswapd"),
            ("kernel=6.1.192 shared=0 D0", "before the programs begin"),
        ] {
            let e = planned("6.1.192", text).expect_err(text);
            assert!(e.contains(said), "{text}: {e}");
        }
    }

    #[test]
    fn a_program_of_one_is_not_held_anywhere() {
        let plan = planned("6.1.192/bugA", "kernel=6.1.192 W0 P0 R0 W0 D0 P0 R0").expect("it can be done");
        let finished = |what: &Move| matches!(what, Move::Finish { actor: 0, waits: false, .. });
        assert!(plan.moves.iter().all(finished), "{:?}", plan.moves);
        let wrong = plan.wrong.expect("bugA loses it");
        assert_eq!((wrong.op, wrong.got, wrong.last), (6, 1, 2));
    }
}
