//! Whether functions make sense: every path through them is walked, and what cannot be is an error.
//!
//! A path is followed in the abstract: which locks and references it holds, what became of the entry and the
//! folio under work, what it still owes. Sets of such states flow through a function until nothing new comes
//! up, so that the pages of a range are all of one kind, and every branch is taken both ways unless its answer
//! is already known. A function is walked from what its [`Contract`] says, and has to be left as that says; a
//! call is walked through.
//!
//! What would deadlock, use what is not there, or leave something behind is an **error**. What only loses
//! data, or shows old data, is a **warning**: such a listing may be the very thing to be tried.

pub mod contract;
mod state;
mod steps;
mod walk;

pub use contract::{Contract, ITEMS};

use crate::kernel::{self, Body};
use model::listing::{Doing, Node, nodes};
use model::{OpKind, Profile};
use std::collections::BTreeSet;
use std::sync::Arc;
use walk::Found;

/// Something that the lint has to say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// Whether the functions cannot be run at all; otherwise they may lose data.
    pub is_error: bool,
    /// Which function.
    pub function: &'static str,
    /// Which line of it, as [`model::listing::nodes`] counts; past the last one for the function as a whole.
    pub line: usize,
    /// What was found, and what was expected.
    pub what: String,
}

type Find<'a> = &'a dyn Fn(&str) -> Option<&'a Body>;

/// The contract of a function: its own, or that of the kernel's function which it replaces.
fn contract_of(body: &Body) -> &Contract {
    if !body.contract.is_empty() {
        return &body.contract;
    }
    kernel::variants(body.function.name).first().map_or(&body.contract, |b| &b.contract)
}

/// A function that the kernel does not have, and that says nothing of itself: it is checked where it is called.
fn is_helper(body: &Body) -> bool {
    body.contract.is_empty() && kernel::variants(body.function.name).is_empty()
}

/// Whether nothing is held when a function is entered, the mmap lock included.
fn begins_an_operation(name: &str) -> bool {
    OpKind::ALL.into_iter().any(|kind| kernel::entry(kind) == name)
}

/// Everything that is wrong with functions that replace those of a release, errors first: each of them, and
/// what calls them.
#[must_use]
pub fn lint(functions: &[Arc<Body>], release: Profile) -> Vec<Complaint> {
    let own = |name: &str| functions.iter().find(|b| b.function.name == name).map(|b| &**b);
    let find = |name: &str| own(name).or_else(|| kernel::body(name, release).map(|b| &**b));
    let find: Find = &find;
    let mut complaints = BTreeSet::new();
    // What follows from it in whatever calls the functions is said once.
    let mut said = BTreeSet::new();
    let mut clean = true;
    for body in functions.iter().filter(|b| !is_helper(b)) {
        for found in walk::walk(body, contract_of(body), !body.contract.is_empty(), find) {
            clean &= !found.is_error;
            said.insert(found.what.clone());
            complaints.extend(attributed(&found, |name| own(name).is_some()));
        }
    }
    // A function that is wrong by itself says enough.
    let callers = kernel::functions(release).filter(|b| clean && own(b.function.name).is_none());
    for caller in callers {
        let Some(through) = functions.iter().find(|b| reaches(caller, b.function.name, find, 0)) else { continue };
        for found in walk::walk(caller, contract_of(caller), false, find) {
            if said.contains(&found.what) {
                continue;
            }
            complaints.insert(attributed(&found, |name| own(name).is_some()).unwrap_or_else(|| {
                let caller = caller.function.name;
                let place = match found.places.last().map(|p| p.function) {
                    Some(at) if at != caller => format!(" in {at}"),
                    _ => String::new(),
                };
                Complaint {
                    is_error: found.is_error,
                    function: through.function.name,
                    line: usize::MAX,
                    what: format!("{caller}, which runs it, cannot go on from there{place}: {}", found.what),
                }
            }));
        }
    }
    let mut complaints: Vec<_> = complaints.into_iter().collect();
    complaints.sort_by_key(|c| !c.is_error);
    complaints
}

/// What was found, at the innermost line of a function of one's own. `None` if no such function is on the way.
fn attributed(found: &Found, own: impl Fn(&str) -> bool) -> Option<Complaint> {
    let at = found.places.iter().rposition(|p| own(p.function))?;
    let place = found.places[at];
    let what = match found.places.last() {
        Some(last) if at + 1 < found.places.len() => format!("in {}: {}", last.function, found.what),
        _ => found.what.clone(),
    };
    Some(Complaint { is_error: found.is_error, function: place.function, line: place.line, what })
}

/// Whether a function calls another, maybe through others.
fn reaches(body: &Body, name: &str, find: Find, depth: usize) -> bool {
    depth < 32
        && nodes(&body.function.body).into_iter().any(|node| {
            let to = match node {
                Node::Jump(to) => Some(*to),
                node => node.doing().and_then(|what| match what {
                    Doing::Call(to) => Some(to),
                    Doing::Step(_) => None,
                }),
            };
            let further =
                |to| !matches!(node, Node::Jump(_)) && find(to).is_some_and(|b| reaches(b, name, find, depth + 1));
            to.is_some_and(|to| to == name || further(to))
        })
}

/// What is wrong with a function of a kernel as it is.
#[must_use]
pub fn lint_kernel(body: &Body, release: Profile) -> Vec<Complaint> {
    let find = |name: &str| kernel::body(name, release).map(|b| &**b);
    let whole = |found: Found| attributed(&found, |name| name == body.function.name);
    walk::walk(body, contract_of(body), true, &find).into_iter().filter_map(whole).collect()
}

#[cfg(test)]
mod tests;
