//! Programs that differ only in names: which CPU is which, which page is which.
//!
//! Both are symmetries of the model as far as verdicts go. An operation on a whole range goes through the
//! pages in order, so that programs with one keep the names of their pages; so do those that start from a
//! machine that tells the pages apart.

use model::{ActorKind, Op, PAGES, Programs};

/// Whether no renaming of the programs comes earlier in the order of the letters. `pages`: these have no
/// names of their own.
pub(super) fn is_first(programs: &Programs, pages: bool) -> bool {
    let key = |ops: &[Op]| -> Vec<(u8, u8)> { ops.iter().map(|op| (op.kind as u8, op.arg)).collect() };
    let cpus = cpus(programs);
    let sorted = (1..cpus)
        .all(|a| programs.len[a - 1] != programs.len[a] || key(programs.of(a - 1)) <= key(programs.of(a)));
    // Nothing comes before page 0.
    if !sorted || !pages || programs.pages() <= 1 {
        return sorted;
    }
    let word = |p: &Programs| -> Vec<(u8, u8)> { (0..p.actors as usize).flat_map(|a| key(p.of(a))).collect() };
    let mine = word(programs);
    renamings(programs, true).all(|other| other.len != programs.len || mine <= word(&other))
}

fn cpus(programs: &Programs) -> usize {
    programs.kinds[..programs.actors as usize].iter().filter(|k| **k == ActorKind::Cpu).count()
}

/// Every renaming of the CPUs, and of the pages if these have no names of their own.
pub(super) fn renamings(programs: &Programs, pages: bool) -> impl Iterator<Item = Programs> {
    let cpus = cpus(programs);
    let pages =
        if pages && (0..programs.actors as usize).all(|a| programs.of(a).iter().all(|op| op.kind.one_page())) {
            permutations(PAGES)
        } else {
            vec![(0..PAGES).collect()]
        };
    let programs = *programs;
    permutations(cpus).into_iter().flat_map(move |actors| {
        pages.clone().into_iter().map(move |pages| {
            let mut renamed = programs;
            for (to, from) in actors.iter().enumerate() {
                renamed.len[to] = programs.len[*from];
                renamed.ops[to] = programs.ops[*from];
            }
            for actor in 0..renamed.actors as usize {
                let n = renamed.len[actor] as usize;
                for op in &mut renamed.ops[actor][..n] {
                    *op = Op::new(op.kind, if op.kind.one_page() { pages[op.arg as usize] as u8 } else { op.arg });
                }
            }
            renamed
        })
    })
}

fn permutations(n: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for value in 0..n {
        all = all
            .into_iter()
            .flat_map(|p: Vec<usize>| {
                (0..=p.len()).map(move |at| {
                    let mut longer = p.clone();
                    longer.insert(at, value);
                    longer
                })
            })
            .collect();
    }
    all
}
