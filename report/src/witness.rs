//! A finding as it is shown: the execution that has it, and beside it a neighbouring version's execution of
//! the same case.

use corpus::Case;
use impls::Version;
use model::{Action, Op, Transition};
use oracle::{Finding, Judge, Row, Trace, trace_of};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::BTreeSet;

use super::changes::changes;
use super::timeline::{sampled, word};

/// One version's execution of the case.
#[derive(Clone, Debug)]
pub struct Side {
    /// The version.
    pub version: &'static Version,
    /// Its execution.
    pub trace: Trace,
}

impl Side {
    fn of(version: &'static Version, case: &Case, judge: Option<Judge>) -> Side {
        Side { version, trace: trace_of(version, case, judge) }
    }

    /// The steps that are shown: up to the finding if there is one, else all.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.trace.rows[..(self.trace.length() as usize).min(self.trace.rows.len())]
    }
}

/// A case, a version that loses on it, and a version that does not.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The case.
    pub case: Case,
    /// The version that the report is about.
    pub losing: Side,
    /// A version of which no judge says anything on the same case.
    pub beside: Option<Side>,
    /// What came of it on a real kernel, if it was tried there.
    pub tried: Option<Tried>,
}

/// What came of a case on a real kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The kernel: its release, and what was put into it.
    pub kernel: String,
    /// How it came out.
    pub result: TriedResult,
    /// The same, in words.
    pub text: String,
    /// Where CPUs were held, in order: the CPU and the kernel function.
    pub held: Vec<(usize, String)>,
}

/// How a case came out on a real kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriedResult {
    /// The same wrong load.
    Confirmed,
    /// Nothing is wrong in the model, and every load returned the same.
    AsModel,
    /// Something else.
    NotReproduced,
    /// It cannot be forced.
    NotExpressible,
}

impl TriedResult {
    /// The word for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            TriedResult::Confirmed => "confirmed",
            TriedResult::AsModel => "as-model",
            TriedResult::NotReproduced => "not-reproduced",
            TriedResult::NotExpressible => "not-expressible",
        }
    }
}

impl Tried {
    /// A sentence or two.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut out = format!("On {}, booted in a guest machine: {}.", self.kernel, self.text);
        for (cpu, function) in &self.held {
            out += &format!(" CPU {cpu} was held where it entered {function}.");
        }
        out
    }
}

/// A step of both versions, or of one of them: places in [`Side::rows`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The step of the losing version.
    pub left: Option<usize>,
    /// The step of the version beside it.
    pub right: Option<usize>,
    /// The same step with the same effect.
    pub alike: bool,
}

/// Both executions in one order, aligned at their common steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alignment {
    /// The steps, up to the one that shows the loss.
    pub pairs: Vec<Pair>,
    /// The place in `pairs` of the first step that is not alike.
    pub first_difference: Option<usize>,
}

impl Witness {
    /// The case on a version, with nothing beside. It is about what `judge` finds, or about the gravest
    /// finding.
    #[must_use]
    pub fn alone(version: &'static Version, case: &Case, judge: Option<Judge>) -> Witness {
        Witness { case: case.clone(), losing: Side::of(version, case, judge), beside: None, tried: None }
    }

    /// The case on a version, with the neighbour that is nearest to it beside.
    #[must_use]
    pub fn of(version: &'static Version, case: &Case, judge: Option<Judge>) -> Witness {
        let alone = Witness::alone(version, case, judge);
        let beside = if alone.finding().is_some() { neighbour(version, case) } else { None };
        Witness { beside, ..alone }
    }

    /// The case on a version, with a chosen one beside it.
    #[must_use]
    pub fn with(version: &'static Version, other: &'static Version, case: &Case, judge: Option<Judge>) -> Witness {
        Witness { beside: Some(Side::of(other, case, None)), ..Witness::alone(version, case, judge) }
    }

    /// What was found.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        self.losing.trace.finding
    }

    /// Both executions in one order; nothing if there is no version beside.
    ///
    /// Two steps are the same if the same actor takes the same step of the same operation; what it reads or
    /// changes may differ. What the version beside does after the step that shows the loss is left out.
    #[must_use]
    pub fn alignment(&self) -> Option<Alignment> {
        let beside = self.beside.as_ref()?;
        let actors = self.case.programs.actors as usize;
        let (left, right) = (self.losing.rows(), beside.rows());
        let mut pairs = align(left, right, |l, r| same_effect(l, r, actors));
        if let Some(end) = pairs.iter().rposition(|pair| pair.left.is_some()) {
            pairs.truncate(end + 1);
        }
        let first_difference = pairs.iter().position(|pair| !pair.alike);
        Some(Alignment { pairs, first_difference })
    }
}

fn align(left: &[Row], right: &[Row], alike: impl Fn(&Row, &Row) -> bool) -> Vec<Pair> {
    let (keys, others) = (keys(left), keys(right));
    let mut pairs = Vec::new();
    let only_left = |at: usize| Pair { left: Some(at), right: None, alike: false };
    let only_right = |at: usize| Pair { left: None, right: Some(at), alike: false };
    for op in capture_diff_slices(Algorithm::Patience, &keys, &others) {
        match op {
            DiffOp::Equal { old_index, new_index, len } => pairs.extend((0..len).map(|n| {
                let (l, r) = (old_index + n, new_index + n);
                Pair { left: Some(l), right: Some(r), alike: alike(&left[l], &right[r]) }
            })),
            DiffOp::Delete { old_index, old_len, .. } => {
                pairs.extend((old_index..old_index + old_len).map(only_left))
            }
            DiffOp::Insert { new_index, new_len, .. } => {
                pairs.extend((new_index..new_index + new_len).map(only_right))
            }
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                pairs.extend((old_index..old_index + old_len).map(only_left));
                pairs.extend((new_index..new_index + new_len).map(only_right));
            }
        }
    }
    pairs
}

/// What makes steps of two executions the same step: who, in which operation of its program, what, and in
/// which function.
type Key = (Transition, usize, Option<Op>, Option<Action>, &'static str);

fn keys(rows: &[Row]) -> Vec<Key> {
    rows.iter()
        .map(|row| {
            let actor = row.event.transition.actor();
            let at = actor.map_or(0, |a| row.before.actors[a].op as usize);
            (row.event.transition, at, row.event.op, row.action, row.function)
        })
        .collect()
}

fn same_effect(left: &Row, right: &Row, actors: usize) -> bool {
    left.event.ok == right.event.ok
        && left.event.happened == right.event.happened
        && changes(&left.before, &left.after, actors) == changes(&right.before, &right.after, actors)
        // What a step reads is shown of the function under comparison, which need not be one of both.
        && (!(sampled(left) || sampled(right)) || word(left) == word(right))
}

/// The version that is nearest to this one and shows nothing on the case: believed correct there if there is
/// one, with the fewest lines of its listing that differ; of several the oldest.
#[must_use]
pub fn neighbour(version: &'static Version, case: &Case) -> Option<Side> {
    let mut candidates: Vec<_> = impls::registry()
        .iter()
        .filter(|other| other.name != version.name)
        .map(|other| (!other.is_correct_on(&case.config), distance(version, other), other))
        .collect();
    candidates.sort_by_key(|(suspect, distance, _)| (*suspect, *distance));
    candidates
        .into_iter()
        .map(|(_, _, other)| Side::of(judged_as(other, version), case, None))
        .find(|side| side.trace.finding.is_none())
}

/// A version, judged as another one is.
fn judged_as(version: &'static Version, other: &Version) -> &'static Version {
    let assumed = other.assumed();
    if version.assumed() == assumed { version } else { Box::leak(Box::new(version.assuming(assumed))) }
}

/// How many lines of two listings differ.
fn distance(one: &Version, other: &Version) -> usize {
    let names = one.functions().iter().chain(other.functions()).map(|b| b.function.name).collect::<BTreeSet<_>>();
    let lines = |version: &Version, name| {
        version.body(name, version.kernel).map_or(Vec::new(), |b| model::listing::lines(&b.function.body))
    };
    let of_function = |name| -> usize {
        capture_diff_slices(Algorithm::Myers, &lines(one, name), &lines(other, name))
            .iter()
            .filter(|op| !matches!(op, DiffOp::Equal { .. }))
            .map(|op| op.old_range().len() + op.new_range().len())
            .sum()
    };
    names.into_iter().map(of_function).sum()
}
