//! Counting the complete interleavings of a case's programs on the state graph, exactly, and finding one by
//! its number.
//!
//! A complete interleaving is a path from the start to a state in which nothing can move. Whoever waits by
//! trying again makes cycles, and then there are infinitely many. So interleavings count as one if they
//! differ only in how long somebody goes round in a cycle and where in it the others moved on from: what is
//! counted are the paths of the graph whose strongly connected components are drawn together, each way out of
//! a component being a way of its own. Where nobody tries in vain that is every path. Inside a component the
//! representative takes a shortest way.
//!
//! Counts are big integers: no count is rounded, however many there are. A cycle without a way out (a
//! livelock) has no complete interleaving, and a step that the model cannot carry out completes none.

use crate::states::graph::{Edge, Graph, TooLarge};
use corpus::Case;
use impls::Version;
use model::Transition;
use num_bigint::BigUint;
use std::collections::VecDeque;

/// The state graph of a case's programs, and from each state the number of ways to complete them.
#[derive(Clone, Debug)]
pub struct Interleavings {
    graph: Graph,
    components: Components,
    /// By component.
    ways: Vec<BigUint>,
}

impl Interleavings {
    /// Explores the programs of a case (its schedule is ignored) and counts.
    ///
    /// # Errors
    /// If there are more than `budget` states.
    pub fn new(version: &Version, case: &Case, budget: usize) -> Result<Interleavings, TooLarge> {
        Graph::new(version, case, budget).map(Interleavings::of)
    }

    /// Counts on a graph.
    #[must_use]
    pub fn of(graph: Graph) -> Interleavings {
        let components = Components::of(&graph);
        let mut ways: Vec<BigUint> = Vec::with_capacity(components.members.len());
        // A component is finished after those that it leads to.
        for members in &components.members {
            let mut sum = BigUint::ZERO;
            for exit in members.iter().flat_map(|m| components.exits(&graph, *m)) {
                match exit {
                    Exit::End => sum += 1u32,
                    Exit::To(_, to) => sum += &ways[components.of[to as usize] as usize],
                }
            }
            ways.push(sum);
        }
        Interleavings { graph, components, ways }
    }

    /// The state graph.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// How many complete interleavings there are.
    #[must_use]
    pub fn count(&self) -> &BigUint {
        &self.ways[self.components.of[0] as usize]
    }

    /// The states in which nothing can move, each with the number of complete interleavings that lead there.
    #[must_use]
    pub fn ends(&self) -> Vec<(u32, BigUint)> {
        let mut into = vec![BigUint::ZERO; self.ways.len()];
        into[self.components.of[0] as usize] = BigUint::from(1u32);
        let mut ends = Vec::new();
        for (component, members) in self.components.members.iter().enumerate().rev() {
            let here = std::mem::take(&mut into[component]);
            for member in members {
                for exit in self.components.exits(&self.graph, *member) {
                    match exit {
                        Exit::End => ends.push((*member, here.clone())),
                        Exit::To(_, to) => into[self.components.of[to as usize] as usize] += &here,
                    }
                }
            }
        }
        ends.sort_by_key(|(state, _)| *state);
        ends
    }

    /// The complete interleaving of a number, counted from 0: what moves, and the state in which it does.
    ///
    /// # Panics
    /// If there is none of that number.
    #[must_use]
    pub fn nth(&self, number: &BigUint) -> Vec<(u32, Transition)> {
        assert!(number < self.count(), "{} interleavings, asked for number {number}", self.count());
        let mut left = number.clone();
        let mut path = Vec::new();
        let mut state = 0;
        'component: loop {
            for member in &self.components.members[self.components.of[state as usize] as usize] {
                for exit in self.components.exits(&self.graph, *member) {
                    match exit {
                        Exit::End if left == BigUint::ZERO => return path,
                        Exit::End => left -= 1u32,
                        Exit::To(via, to) => {
                            let ways = &self.ways[self.components.of[to as usize] as usize];
                            if left < *ways {
                                self.walk(state, *member, &mut path);
                                path.push((*member, via));
                                state = to;
                                continue 'component;
                            }
                            left -= ways;
                        }
                    }
                }
            }
            unreachable!("the ways of a component are those of its exits");
        }
    }

    /// A shortest way from one state of a component to another.
    fn walk(&self, from: u32, to: u32, path: &mut Vec<(u32, Transition)>) {
        if from == to {
            return;
        }
        // Backwards from the aim, so that the way comes out forwards.
        let component = self.components.of[from as usize];
        let members = &self.components.members[component as usize];
        let mut next: Vec<Option<(Transition, u32)>> = vec![None; members.len()];
        let place = |state: u32| members.binary_search(&state).expect("a member");
        let mut before: Vec<Vec<(u32, Transition)>> = vec![Vec::new(); members.len()];
        for member in members {
            for edge in self.graph.edges(*member) {
                if let Some(to) = edge.to.filter(|to| self.components.of[*to as usize] == component) {
                    before[place(to)].push((*member, edge.via));
                }
            }
        }
        let mut queue = VecDeque::from([to]);
        while let Some(state) = queue.pop_front() {
            for (earlier, via) in &before[place(state)] {
                if *earlier != to && next[place(*earlier)].is_none() {
                    next[place(*earlier)] = Some((*via, state));
                    queue.push_back(*earlier);
                }
            }
        }
        let mut at = from;
        while at != to {
            let (via, then) = next[place(at)].expect("a component is strongly connected");
            path.push((at, via));
            at = then;
        }
    }
}

/// A way out of a component.
enum Exit {
    /// Nothing can move: the interleaving is complete.
    End,
    /// To another component.
    To(Transition, u32),
}

/// Strongly connected components: each comes after those that it leads to.
#[derive(Clone, Debug)]
struct Components {
    /// By state.
    of: Vec<u32>,
    /// By component, in ascending order.
    members: Vec<Vec<u32>>,
}

const UNSEEN: u32 = u32::MAX;

impl Components {
    /// Tarjan's algorithm (SIAM J. Comput. 1972), with a stack of its own instead of the program's.
    fn of(graph: &Graph) -> Components {
        let states = graph.len();
        let mut components = Components { of: vec![UNSEEN; states], members: Vec::new() };
        let (mut index, mut low) = (vec![UNSEEN; states], vec![0u32; states]);
        let mut open = Vec::new();
        let mut counter = 0;
        let mut calls: Vec<(u32, usize)> = vec![(0, 0)];
        while let Some((state, edge)) = calls.pop() {
            let s = state as usize;
            if edge == 0 {
                (index[s], low[s]) = (counter, counter);
                counter += 1;
                open.push(state);
            }
            let edges = graph.edges(state);
            let mut at = edge;
            let mut called = false;
            while let Some(Edge { to, .. }) = edges.get(at).copied() {
                at += 1;
                let Some(to) = to else { continue };
                if index[to as usize] == UNSEEN {
                    calls.push((state, at));
                    calls.push((to, 0));
                    called = true;
                    break;
                }
                if components.of[to as usize] == UNSEEN {
                    low[s] = low[s].min(index[to as usize]);
                }
            }
            if called {
                continue;
            }
            if low[s] == index[s] {
                let from = open.iter().rposition(|o| *o == state).expect("it is open");
                let mut members = open.split_off(from);
                members.sort_unstable();
                for member in &members {
                    components.of[*member as usize] = components.members.len() as u32;
                }
                components.members.push(members);
            }
            if let Some((caller, _)) = calls.last() {
                low[*caller as usize] = low[*caller as usize].min(low[s]);
            }
        }
        components
    }

    /// The ways out of its component that begin at a state.
    fn exits<'a>(&'a self, graph: &'a Graph, state: u32) -> impl Iterator<Item = Exit> + 'a {
        let edges = graph.edges(state);
        let end = edges.is_empty().then_some(Exit::End);
        let mine = self.of[state as usize];
        let ways = edges.iter().filter_map(move |e| {
            let to = e.to.filter(|to| self.of[*to as usize] != mine)?;
            Some(Exit::To(e.via, to))
        });
        end.into_iter().chain(ways)
    }
}
