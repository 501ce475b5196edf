//! Sequences as they were recorded: what the agent did in a row, where that is not what the row's words say
//! of one program on one kernel.
//!
//! Each rule is a fact of a recording and has a name. None is a rule of a kernel, and none touches what is
//! not named in it.

use crate::finding::Finding;
use crate::last_write;
use impls::Version;
use model::{Child, Code, Config, Folio, Machine, Op, OpKind, PAGES, Programs, World, ZERO_FRAME};

/// How many pages the agent's range has: `DD` migrates these, and not the model's third page.
const RANGE: u8 = 2;

/// A recorded sequence, with what to run for each of its words.
pub(super) struct Sequence {
    /// The words.
    pub words: Vec<Op>,
    /// What to run, and which word it belongs to.
    run: Vec<(Op, usize)>,
    /// See [`child_inherits_pipe`].
    inherited_pipe: bool,
}

impl Sequence {
    /// Reads the words of a case.
    ///
    /// # Errors
    /// If one of them is no operation, or there are more than a program holds.
    pub fn parse(case: &str, words: &[&str]) -> Result<Sequence, String> {
        let ops: Result<Vec<Op>, _> = words.iter().map(|word| corpus::text::op(word, 1, 1)).collect();
        let words = ops.map_err(|e| e.what)?;
        let run: Vec<_> =
            words.iter().enumerate().flat_map(|(n, op)| one_call_per_page(*op).map(move |op| (op, n))).collect();
        if run.len() > model::MAX_OPS {
            return Err(format!("at most {} operations, found {}", model::MAX_OPS, run.len()));
        }
        Ok(Sequence { words, run, inherited_pipe: child_inherits_pipe(case) })
    }

    /// Runs it on one CPU; after each word the callback gets its index, the machine, and the first wrong
    /// load, and says whether to go on. False if an operation does not come to its end.
    pub fn replay(
        &self,
        version: &Version,
        config: &Config,
        mut after: impl FnMut(usize, &Machine, Option<Finding>) -> bool,
    ) -> bool {
        let mut programs = Programs::default();
        for (op, _) in &self.run {
            programs.push(0, *op);
        }
        let config = version.config(config);
        let code: &Code = version.code(config.profile);
        let world = World::new(&config, &programs, code);
        let mut machine = Machine::new(&config);
        let mut pipe = Pipe::default();
        let mut wrong = None;
        let mut step = 0;
        for (n, (op, word)) in self.run.iter().enumerate() {
            let child = machine.child;
            loop {
                let enabled = machine.enabled(&world);
                if enabled.is_empty() || step >= crate::STEP_BOUND {
                    return false;
                }
                let event = machine.step(&world, enabled.nth(0));
                step += 1;
                wrong = wrong.or_else(|| last_write::judge(&world, &machine, &event, step));
                if event.returned {
                    break;
                }
            }
            if self.inherited_pipe {
                pipe.follow(&mut machine, op.kind, child);
            }
            let last = self.run.get(n + 1).is_none_or(|(_, next)| next != word);
            if last && !after(*word, &machine, wrong.take()) {
                break;
            }
        }
        true
    }
}

/// The agent gives every page a VMA of its own, and the test driver ends a call of `migrate_vma` with the
/// VMA: `DD` is one call for each page of the range.
fn one_call_per_page(op: Op) -> impl Iterator<Item = Op> {
    let pages = if op.kind == OpKind::MigrateRange { 0..RANGE } else { 0..0 };
    let range = pages.map(|page| Op::new(OpKind::Migrate, page));
    range.chain((op.kind != OpKind::MigrateRange).then_some(op))
}

/// Whether a case is of the first recording (November 23), in which a child inherits the pipe of `I`: the
/// reference that the pipe holds lives on after the parent's `U` until the child exits. In the second
/// recording the child closes the pipe, and the names of the cases carry the seed of their run:
/// `fork-s9104-00017`, where the first has `fork-2429` and `fork-b2429`.
fn child_inherits_pipe(case: &str) -> bool {
    let Some((kind, number)) = case.split_once('-') else { return false };
    let number = number.strip_prefix('b').unwrap_or(number);
    ["base", "lazy", "mix", "fork", "dev"].contains(&kind)
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// `memory.reclaim` scans several times and ages in between; the model's `G` is one pass. Whether a page is
/// present or swapped after it may differ, and what follows with it: a row of states is compared up to there.
pub(super) fn reclaims_in_passes(op: Op, kernel: &str, model: &str) -> bool {
    op.kind == OpKind::Reclaim && matches!((kernel, model), ("present", "swap") | ("swap", "present"))
}

/// In 7.3 a page that is device-exclusive stays mapped for the kernel, and munlock passes over its entry: the
/// page keeps PG_mlocked, and no reclaim takes it. The model has the lock of the VMA only (docs/gaps.md): a row
/// that differs behind it is compared up to there.
pub(super) fn unlocks_device_exclusive(op: Op, config: &Config, machine: &Machine) -> bool {
    let page = op.arg as usize;
    op.kind == OpKind::Lock
        && config.profile == model::Profile::V7_3
        && machine.mlocked & 1 << page == 0
        && machine.pte[0][page].kind() == model::PteKind::DeviceExclusive
}

/// In 7.3 a page of zeroes is not written to swap (`swap_zeromap_folio_set`), and is there at once when it comes
/// back. mlock's fault on it then keeps the page where that on any other copies it (`D0 R0 K+ K- P0 L0`);
/// observed, and not yet explained by the source. A row that differs behind it is compared up to there.
pub(super) fn locks_zeroes(op: Op, config: &Config, machine: &Machine) -> bool {
    let zeroes = || {
        let pte = machine.pte[0][op.arg as usize];
        let folio = machine.folios.get(pte.frame() as usize);
        pte.is_present() && folio.is_some_and(|folio| folio.data == model::Data::default())
    };
    op.kind == OpKind::Lock && config.profile == model::Profile::V7_3 && zeroes()
}

/// The references that a child's copy of the pipe holds.
#[derive(Default)]
struct Pipe {
    frames: Vec<usize>,
}

impl Pipe {
    /// After an operation; `before` is how far the child was before it.
    fn follow(&mut self, machine: &mut Machine, kind: OpKind, before: Child) {
        match (kind, before, machine.child) {
            (OpKind::Fork, Child::None, Child::Alive) => {
                let held = (0..PAGES).filter_map(|page| machine.held(page, false));
                self.frames = held.filter(|frame| *frame != ZERO_FRAME).map(usize::from).collect();
                for frame in &self.frames {
                    machine.folios[*frame].refs += 1;
                }
            }
            (OpKind::Exit, Child::Alive, Child::None) => {
                for frame in self.frames.drain(..) {
                    let folio = &mut machine.folios[frame];
                    folio.refs -= 1;
                    if folio.refs == 0 {
                        let data = folio.data;
                        *folio = Folio::default();
                        folio.data = data;
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(case: &str, words: &str) -> Vec<Machine> {
        let words: Vec<&str> = words.split_whitespace().collect();
        let version = impls::find("6.1.192").expect("a version");
        let mut seen = Vec::new();
        let sequence = Sequence::parse(case, &words).expect("operations");
        assert!(sequence.replay(version, &Config::of(model::Profile::V6_1_192), |_, machine, _| {
            seen.push(*machine);
            true
        }));
        assert_eq!(seen.len(), words.len());
        seen
    }

    /// The child's copy of the pipe keeps the reference beyond `U`, in the first recording only, and lets it
    /// go when the child exits.
    #[test]
    fn the_child_inherits_the_pipe() {
        let refs = |case: &str, words: &str| {
            let m = *states(case, words).last().expect("a state");
            m.folios[m.pte[0][0].frame() as usize].refs
        };
        for (words, first, second) in [
            ("W0 I0 K+ U0", 3, 2),
            ("W0 I0 K+ U0 K-", 1, 1),
            ("W0 I0 K+ K- U0", 1, 1),
            ("W0 K+ I0 U0", 2, 2),
            ("W0 I0 U0 K+", 2, 2),
            ("W0 I0 K+ K+ U0", 3, 2),
        ] {
            assert_eq!(refs("fork-2429", words), first, "{words}");
            assert_eq!(refs("fork-s9104-02429", words), second, "{words}");
        }
        // Refused while the child's copy is there.
        for (case, goes) in [("fork-b17", false), ("fork-s9104-00017", true), ("c02-fork-exit", true)] {
            let m = *states(case, "W0 I0 K+ U0 D0").last().expect("a state");
            assert_eq!(m.pte[0][0].is_device(), goes, "{case}");
        }
        // The last reference goes with the child.
        let m = *states("fork-1", "W0 I0 K+ U0 Z0 K-").last().expect("a state");
        assert!(m.folios.iter().all(|f| !f.allocated()), "{m:?}");
    }

    /// The second call takes the device frame that the first has given back.
    #[test]
    fn a_range_is_one_call_for_each_page() {
        let m = *states("mix-s1-1", "W0 W1 W2 I0 DD0").last().expect("a state");
        assert!(m.pte[0][0].is_present() && m.pte[0][1].is_device() && m.pte[0][2].is_present(), "{:?}", m.pte[0]);
        assert_eq!(m.pte[0][1].frame(), 8, "the frame that page 0 did not keep");
    }
}
