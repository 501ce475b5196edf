//! The state graph of a case's programs on a version: every machine that some interleaving leads to, and the
//! way on from each.
//!
//! Nothing is judged here: whoever explores sees each transition once, and may say that an execution is of no
//! interest from there on. What follows the programs (the drain) is no part of the graph; it is a function of
//! the machine at the end.

use crate::states::Machines;
use corpus::Case;
use impls::Version;
use model::{Config, Event, Machine, Pc, Transition, World};
use oracle::guard::guarded;

/// A transition, and the number of the state that it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// What moves.
    pub via: Transition,
    /// Where to; `None` if the model cannot carry the step out, or nobody wants to know.
    pub to: Option<u32>,
}

/// A state graph. State 0 is the start.
#[derive(Clone, Debug)]
pub struct Graph {
    config: Config,
    machines: Machines,
    /// Where the edges of each state begin.
    first: Vec<u32>,
    edges: Vec<Edge>,
}

/// Sees every transition of a graph once.
pub trait Visitor {
    /// An action is done at this place in the code.
    fn place(&mut self, _world: &World, _pc: Pc) {}

    /// A transition was taken; false if what follows is of no interest.
    fn after(&mut self, _world: &World, _event: &Event, _machine: &Machine) -> bool {
        true
    }

    /// The model cannot carry a step out.
    fn impossible(&mut self) {}
}

/// Follows everything that can be followed.
struct Everything;

impl Visitor for Everything {}

/// There are more states than the budget allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl Graph {
    /// Explores all interleavings of a case's programs (its schedule is ignored).
    ///
    /// # Errors
    /// If there are more than `budget` states.
    pub fn new(version: &Version, case: &Case, budget: usize) -> Result<Graph, TooLarge> {
        Graph::explore(version, case, budget, &mut Everything)
    }

    /// The same with a visitor.
    ///
    /// # Errors
    /// If there are more than `budget` states.
    pub fn explore(
        version: &Version,
        case: &Case,
        budget: usize,
        visitor: &mut impl Visitor,
    ) -> Result<Graph, TooLarge> {
        let config = version.config(&case.config);
        let world = World::new(&config, &case.programs, version.code(config.profile));
        let start = Machine::new(&config);
        let mut graph = Graph { config, machines: Machines::new(&start), first: Vec::new(), edges: Vec::new() };
        while graph.first.len() < graph.machines.len() {
            let state = graph.first.len() as u32;
            let machine = graph.machine(state);
            graph.first.push(graph.edges.len() as u32);
            for via in machine.enabled(&world).iter() {
                let mut next = machine;
                let event = guarded(|| next.step_with_places(&world, via, |pc| visitor.place(&world, pc)));
                let follow = match event {
                    Some(event) => visitor.after(&world, &event, &next),
                    None => {
                        visitor.impossible();
                        false
                    }
                };
                let to = if follow {
                    let number = graph.machines.number(state, machine.image(), next.image());
                    Some(number.map_err(|_| TooLarge)?)
                } else {
                    None
                };
                graph.edges.push(Edge { via, to });
            }
            if graph.machines.len() > budget.min(u32::MAX as usize) {
                return Err(TooLarge);
            }
        }
        Ok(graph)
    }

    /// Whether there is a state from which no end can be reached, nor anything that is not followed.
    #[must_use]
    pub fn has_livelock(&self) -> bool {
        let ends = |state: u32, known: &[bool]| {
            let edges = self.edges(state);
            edges.is_empty() || edges.iter().any(|e| e.to.is_none_or(|to| known[to as usize]))
        };
        oracle::livelock(self.len(), ends).is_some()
    }

    /// How many states there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.machines.len()
    }

    /// Whether there is no state: never, as there is a start.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.machines.len() == 0
    }

    /// The configuration that the version runs with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The machine of a state.
    #[must_use]
    pub fn machine(&self, state: u32) -> Machine {
        *Machine::of_image(&self.machines.image(state)).expect("it was a machine's image")
    }

    /// The ways on from a state; none where nothing can move.
    #[must_use]
    pub fn edges(&self, state: u32) -> &[Edge] {
        let from = self.first[state as usize] as usize;
        let to = self.first.get(state as usize + 1).map_or(self.edges.len(), |n| *n as usize);
        &self.edges[from..to]
    }
}
