//! Livelocks: states from which no end can be reached.

use super::kept::END;
use super::node::Node;

/// The first state from which no way that ends can be reached. `ways` are the states' successors, each
/// state's from its place in `first` on, as many as its node says.
pub(super) fn livelock(nodes: &[Node], first: &[u32], ways: &[u32]) -> Option<u32> {
    let mut ends = vec![false; nodes.len()];
    let mut open: Vec<u32> = (0..nodes.len() as u32).rev().collect();
    loop {
        // Most ways lead to later states, so that one pass from the last to the first finds nearly
        // everything.
        let before = open.len();
        open.retain(|&state| {
            let from = first[state as usize] as usize;
            let ways = &ways[from..from + nodes[state as usize].ways() as usize];
            let end = ways.iter().any(|way| *way == END || ends[*way as usize]);
            ends[state as usize] = end;
            !end
        });
        if open.is_empty() || open.len() == before {
            return open.last().copied();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(ways: &[&[u32]]) -> Option<u32> {
        let mut nodes = Vec::new();
        let (mut first, mut all) = (Vec::new(), Vec::new());
        for ways in ways {
            let mut node = Node::start();
            node.set_ways(ways.len() as u8);
            nodes.push(node);
            first.push(all.len() as u32);
            all.extend_from_slice(ways);
        }
        livelock(&nodes, &first, &all)
    }

    #[test]
    fn a_cycle_is_a_livelock_unless_it_can_be_left() {
        assert_eq!(graph(&[&[1], &[0, 2], &[END]]), None);
        assert_eq!(graph(&[&[1, 2], &[END], &[3], &[2]]), Some(2));
        assert_eq!(graph(&[&[0]]), Some(0));
        // Two backward ways in a row take a second pass.
        assert_eq!(graph(&[&[3], &[END], &[1], &[2]]), None);
    }
}
