//! Footprints are large enough: what a transition changes is in them, and two that do not conflict commute.
//!
//! Looked for in the states of random executions, on every version, kernel and CPU: a footprint that is too
//! small shows as a pair of transitions that gives two machines, or two records, or of which one keeps the
//! other from moving. `LOSTWRITE_FOOTPRINT_EXECUTIONS` takes more executions than the test has time for.

use corpus::Case;
use explore::schedulers::{Recorder, SamplerKind, case_at, rng_for};
use impls::Version;
use model::{
    Actor, Event, Footprint, Happened, InFlight, Machine, ObjectKind, Objects, Profile, Transition, World,
};
use oracle::{Observer, execute};
use rand::RngExt;
use std::collections::BTreeMap;

/// Checks every state that an execution comes to, before the step that leads on.
#[derive(Default)]
struct Checked {
    states: u64,
    pairs: u64,
    independent: u64,
    /// Pairs that conflict over objects of one kind and really do not commute: without that kind they would
    /// have been taken for independent.
    decisive: BTreeMap<ObjectKind, u64>,
    needless: u64,
    place: String,
}

impl Observer for Checked {
    fn before(&mut self, world: &World, machine: &Machine, _: Transition) {
        self.states += 1;
        let enabled: Vec<_> = machine.enabled(world).iter().collect();
        let taken: Vec<_> = enabled.iter().map(|t| Taken::new(world, machine, *t)).collect();
        for one in &taken {
            let changed = machine.difference(&one.machine, world);
            let too_much = changed.iter().find(|o| !one.footprint.writes.has(*o));
            assert_eq!(too_much.map(|o| o.to_string()), None, "{} writes it: {}", one.what, self.place);
            assert!(one.footprint.writes.within(one.footprint.touched()));
            one.leaves_registers(machine, &self.place);
        }
        for (n, one) in taken.iter().enumerate() {
            for other in &taken[n + 1..] {
                self.pairs += 1;
                let outcome = commute(world, one, other);
                if !one.footprint.conflicts(&other.footprint) {
                    self.independent += 1;
                    assert_eq!(outcome, Ok(()), "{} and {}: {}", one.what, other.what, self.place);
                } else if outcome.is_ok() {
                    self.needless += 1;
                } else {
                    let mut kinds = conflict(&one.footprint, &other.footprint);
                    kinds.dedup();
                    if let [kind] = kinds[..] {
                        *self.decisive.entry(kind).or_default() += 1;
                    }
                }
            }
        }
    }

    fn after(&mut self, _: &World, _: &Machine, _: &Event, _: u32) {}
}

/// A transition taken on its own.
struct Taken {
    transition: Transition,
    what: String,
    footprint: Footprint,
    machine: Machine,
    event: Event,
}

impl Taken {
    fn new(world: &World, before: &Machine, transition: Transition) -> Taken {
        let mut machine = *before;
        let event = machine.step(world, transition);
        let action = event.pc.map(|pc| world.code.at(pc).action);
        let op = event.op.map(|op| op.to_string());
        Taken {
            transition,
            what: format!("{transition} ({}, {action:?})", op.unwrap_or_default()),
            footprint: before.footprint(world, transition),
            machine,
            event,
        }
    }

    /// Nobody else's registers change, except for those that are objects.
    fn leaves_registers(&self, before: &Machine, place: &str) {
        let hidden = |actor: &Actor| {
            let mut actor = *actor;
            actor.flush &= 0xf;
            actor.doomed = 0;
            actor.flags &= !Actor::DISCARD_BEHIND;
            actor
        };
        for (n, (old, new)) in before.actors.iter().zip(&self.machine.actors).enumerate() {
            if self.transition.actor() != Some(n) {
                assert_eq!(hidden(old), hidden(new), "{} changes registers of {n}: {place}", self.what);
            }
        }
    }
}

/// What a judge goes by when it sees a load or a store.
fn judged(world: &World, machine: &Machine, event: &Event) -> Option<impl PartialEq + std::fmt::Debug> {
    let (Happened::Load { mm, page, frame, .. } | Happened::Store { mm, page, frame, .. }) = event.happened else {
        return None;
    };
    let (mm, page) = (mm as usize, page as usize);
    Some((
        machine.shadow.words[mm][page],
        machine.shadow.is_revoked(page, frame),
        machine.pte[mm][page],
        machine.vma_read_only(mm, page),
        machine.discard_in_flight(world, page) != InFlight::Nothing,
        machine.actors.iter().any(|a| a.has(Actor::BATCH)),
    ))
}

/// Whether both orders of two transitions give the same, and if not, in what they differ.
fn commute(world: &World, one: &Taken, other: &Taken) -> Result<(), String> {
    let mut ends = Vec::new();
    for (first, second) in [(one, other), (other, one)] {
        let mut machine = first.machine;
        if !machine.enabled(world).has(second.transition) {
            return Err(format!("{} disables {}", first.what, second.what));
        }
        let event = machine.step(world, second.transition);
        if event != second.event {
            return Err(format!("{:?} becomes {event:?}", second.event));
        }
        let [alone, after] = [&second.machine, &machine].map(|m| judged(world, m, &event));
        if alone != after {
            return Err(format!("{alone:?} becomes {after:?}"));
        }
        ends.push(machine);
    }
    if ends[0] == ends[1] { Ok(()) } else { Err(format!("{:?}", ends[0].difference(&ends[1], world))) }
}

/// What kinds of objects two footprints conflict over.
fn conflict(one: &Footprint, other: &Footprint) -> Vec<ObjectKind> {
    let over = |one: &Footprint, other: &Footprint| {
        let seen = other.touched() | other.judged;
        one.writes.iter().filter(move |o| seen.has(*o)).collect::<Vec<_>>()
    };
    let mut objects = over(one, other);
    objects.extend(over(other, one));
    objects.sort();
    objects.into_iter().map(|o| o.kind()).collect()
}

fn versions() -> Vec<&'static Version> {
    impls::registry().iter().chain(impls::mutants().iter().map(|m| &m.version)).collect()
}

/// The case in the `n`-th environment: every kernel with every CPU comes up.
fn around(case: &Case, n: usize) -> Case {
    let surfaces = corpus::surfaces();
    let profile = Profile::ALL[n / surfaces.len() % Profile::ALL.len()];
    case.on(profile, surfaces[n % surfaces.len()])
}

#[test]
fn what_does_not_conflict_commutes() {
    let versions = versions();
    let mut checked = Checked::default();
    let executions = std::env::var("LOSTWRITE_FOOTPRINT_EXECUTIONS").ok().and_then(|n| n.parse().ok());
    for index in 0..executions.unwrap_or(6000) {
        let (mut case, mut recorder) = case_at(11, index);
        // Random bytes know no taste: four actors, three pages, every knob.
        if index % 3 == 0 {
            let mut rng = rng_for(12, index);
            let bytes: [u8; 80] = rng.random();
            case = Case::from_unversioned(&bytes);
            recorder = Recorder::new(SamplerKind::draw(&mut rng), rng);
        }
        if case.is_sequential() {
            continue;
        }
        let case = around(&case, index as usize);
        let version = versions[index as usize % versions.len()];
        recorder.restart(false);
        checked.place = format!("execution {index} on {}: {case}", version.name);
        execute(version, &case.config, &case.programs, &mut recorder, &mut checked);
    }
    println!(
        "{} states, {} pairs of enabled transitions, {} of them independent",
        checked.states, checked.pairs, checked.independent
    );
    assert!(checked.states > 50_000, "{} states", checked.states);
    assert!(checked.independent * 5 > checked.pairs, "{} of {}", checked.independent, checked.pairs);
    // The test can tell: take any of these kinds out of all footprints, and it fails.
    use ObjectKind as K;
    for kind in [
        K::Pte,
        K::Tlb,
        K::Folio,
        K::Data,
        K::Slot,
        K::Ptl,
        K::MmapWriter,
        K::Access,
        K::Allocator,
        K::DeviceAllocator,
        K::Shadow,
        K::Discard,
        K::Gathers,
        K::Batch,
        K::Protection,
        K::Child,
        K::Hold,
    ] {
        assert!(checked.decisive.contains_key(&kind), "nothing depends on {} alone", kind.name());
    }
    println!("{} pairs conflict and commute; decisive: {:?}", checked.needless, checked.decisive);
}

#[test]
fn a_footprint_is_a_set() {
    let mut set = Objects::default();
    assert!(set.is_empty() && set.iter().next().is_none());
    let all: Vec<_> = {
        let (case, _) = case_at(1, 1);
        let version = impls::registry().first().expect("there are versions");
        let config = version.config(&case.config);
        let world = World::new(&config, &case.programs, version.code(config.profile));
        let machine = Machine::new(&config);
        machine.footprint(&world, Transition::run(0)).touched().iter().collect()
    };
    assert!(!all.is_empty());
    for object in &all {
        set.insert(*object);
        assert!(set.has(*object));
    }
    assert_eq!(set.iter().collect::<Vec<_>>(), all);
}
