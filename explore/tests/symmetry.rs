//! A machine does not care what its actors and pages are called.
//!
//! Looked for in the states of random executions: whatever a machine can do, its renamed twin can do with the
//! names changed, and judges say something of both or of none.

use corpus::Case;
use explore::schedulers::case_at;
use model::{ActorKind, Machine, Op, OpKind, Renaming, Transition, World};
use oracle::{Judges, Observer, execute};

/// Swaps the first two actors and some pages.
const RENAMINGS: [Renaming; 4] = [
    Renaming { actors: [1, 0, 2, 3], pages: [0, 1, 2] },
    Renaming { actors: [0, 1, 2, 3], pages: [1, 0, 2] },
    Renaming { actors: [1, 0, 2, 3], pages: [1, 2, 0] },
    Renaming { actors: [2, 0, 1, 3], pages: [2, 1, 0] },
];

fn renamed(case: &Case, names: &Renaming) -> Case {
    let mut new = case.clone();
    for actor in 0..case.programs.actors as usize {
        let to = names.actors[actor] as usize;
        new.programs.len[to] = case.programs.len[actor];
        new.programs.kinds[to] = case.programs.kinds[actor];
        new.programs.ops[to] = case.programs.ops[actor]
            .map(|op| Op { arg: if op.kind.one_page() { names.pages[op.arg as usize] } else { op.arg }, ..op });
    }
    new
}

/// Whether the renaming is one of those that are claimed to be harmless.
fn harmless(case: &Case, names: &Renaming) -> bool {
    let n = case.programs.actors as usize;
    let moved = (0..4).filter(|actor| names.actors[*actor] as usize != *actor);
    let cpus = moved.clone().all(|actor| actor < n && case.programs.kinds[actor] == ActorKind::Cpu);
    // What invalidates the device's mirror of one page reaches the next.
    let any_order = |op: &Op| op.kind.one_page() && op.kind != OpKind::DeviceExclusive;
    let pages =
        names.pages == Renaming::NONE.pages || (0..n).all(|actor| case.programs.of(actor).iter().all(any_order));
    cpus && pages && (case.config.shared | case.config.large) == 0
}

struct Twins<'a> {
    twin: World<'a>,
    names: Renaming,
    states: u64,
    place: String,
}

impl Observer for Twins<'_> {
    fn before(&mut self, world: &World, machine: &Machine, _: Transition) {
        if machine.draining || machine.asked_twice() {
            return;
        }
        self.states += 1;
        let twin = machine.renamed(world, &self.names);
        let enabled = machine.enabled(world);
        assert_eq!(enabled.len(), twin.enabled(&self.twin).len(), "{}", self.place);
        for transition in enabled.iter() {
            let other = self.names.transition(transition);
            let at = format!("{transition} as {other}: {}", self.place);
            assert!(twin.enabled(&self.twin).has(other), "{at}");
            let (mut a, mut b) = (*machine, twin);
            let events = [a.step(world, transition), b.step(&self.twin, other)];
            if a.renamed(world, &self.names) != b {
                let changed = a.renamed(world, &self.names).difference(&b, world);
                panic!("{at}: {changed:?}\n{:?}\n{:?}", a.renamed(world, &self.names).actors, b.actors);
            }
            let [one, two] =
                [(world, &a, &events[0]), (&self.twin, &b, &events[1])].map(|(world, machine, event)| {
                    let mut judges = Judges::default();
                    judges.after(world, machine, event, 1);
                    judges.iter().map(|finding| finding.judge()).collect::<Vec<_>>()
                });
            assert_eq!(one, two, "{at}");
        }
    }

    fn after(&mut self, _: &World, _: &Machine, _: &model::Event, _: u32) {}
}

#[test]
fn what_a_machine_can_do_its_twin_can_do_too() {
    let versions: Vec<_> = impls::registry().iter().collect();
    let mut states = 0;
    let executions = std::env::var("LOSTWRITE_SYMMETRY_EXECUTIONS").ok().and_then(|n| n.parse().ok());
    for index in 0..executions.unwrap_or(6000) {
        let (mut case, mut recorder) = case_at(23, index);
        case.config.shared = 0;
        case.config.large = 0;
        let names = RENAMINGS[index as usize % RENAMINGS.len()];
        if !harmless(&case, &names) {
            continue;
        }
        let version = versions[index as usize % versions.len()];
        let other = renamed(&case, &names);
        let config = version.config(&case.config);
        let twin = World::new(&config, &other.programs, version.code(config.profile));
        let place = format!("execution {index}, {names:?}, {} on {case}", version.name);
        let mut twins = Twins { twin, names, states: 0, place };
        recorder.restart(false);
        execute(version, &case.config, &case.programs, &mut recorder, &mut twins);
        states += twins.states;
    }
    println!("{states} states");
    assert!(states > 20_000, "{states}");
}
