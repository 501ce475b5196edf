//! Which operations run the functions under comparison, and which others show what these did: read off the
//! linked code.
//!
//! Does not claim: that an operation that may come to a function does so on some machine. A load comes to
//! whatever a fault comes to, a copy on write included.

use model::{Action, ActorKind, Code, OpKind, Programs};

/// Who runs the functions under comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    /// Operations of a CPU.
    pub cpus: Vec<OpKind>,
    /// kswapd's reclaim.
    pub kswapd: bool,
    /// Every program does, at its end: the drain reclaims each page and reads it back.
    pub always: bool,
}

impl Runs {
    /// Whether they run in some execution of the programs.
    #[must_use]
    pub fn in_some(&self, programs: &Programs) -> bool {
        self.always
            || (0..programs.actors as usize).any(|actor| match programs.kinds[actor] {
                ActorKind::Kswapd => self.kswapd,
                _ => programs.of(actor).iter().any(|op| self.cpus.contains(&op.kind)),
            })
    }
}

/// The operations to draw programs from, a few or more of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alphabet {
    /// Who runs the functions under comparison.
    pub runs: Runs,
    /// Loads and stores, what takes a page away or marks it, and the operations that run the functions by
    /// themselves, with what these need.
    pub narrow: Vec<OpKind>,
    /// Those that hold pages too, and the rarer operations that run the functions by themselves.
    pub usual: Vec<OpKind>,
    /// Every operation but the limit of swap.
    pub wide: Vec<OpKind>,
}

/// What programs are made of, whatever the functions do: stores and loads, reclaim, MADV_FREE, MADV_DONTNEED.
const ALWAYS: [OpKind; 5] = [OpKind::Read, OpKind::Write, OpKind::PageOut, OpKind::Free, OpKind::DontNeed];
/// What holds a page, and lets it go.
const HOLDS: [OpKind; 4] = [OpKind::Get, OpKind::Put, OpKind::Pin, OpKind::Unpin];
/// Whole ranges, the child's share of what a parent does as well, and what needs a page on the device first:
/// of use where nothing plainer runs the functions.
const RARE: [OpKind; 7] = [
    OpKind::MigrateRange,
    OpKind::ToSystem,
    OpKind::Reclaim,
    OpKind::Exit,
    OpKind::ChildRead,
    OpKind::ChildWrite,
    OpKind::ChildPageOut,
];

impl Alphabet {
    /// What runs the functions under comparison of some kernels. Where there are none, anything may.
    #[must_use]
    pub fn of<'a>(codes: impl IntoIterator<Item = &'a Code>) -> Alphabet {
        let codes: Vec<&Code> = codes.into_iter().collect();
        let (mut runs, mut direct) = read_off(&codes, &FIRST_MADE);
        if runs == Runs::default() && read_off(&codes, &[]).0 != runs {
            runs.cpus = MAKERS.to_vec();
            direct = vec![OpKind::Migrate, OpKind::DeviceExclusive];
        }
        if runs == Runs::default() {
            runs.always = true;
        }
        // The drain drops what is still held.
        for (drops, takes) in
            [(OpKind::Put, [OpKind::Get, OpKind::GetWrite]), (OpKind::Unpin, [OpKind::Pin, OpKind::PinWrite])]
        {
            if runs.cpus.contains(&drops) {
                runs.cpus.extend(takes);
            }
        }
        let plainer: Vec<OpKind> = direct.iter().copied().filter(|kind| !RARE.contains(kind)).collect();
        let first = if plainer.is_empty() && !runs.kswapd { &direct } else { &plainer };
        let narrow = ordered(ALWAYS.into_iter().chain(with_partners(first)));
        let rest: Vec<OpKind> = direct
            .iter()
            .copied()
            .filter(|kind| !matches!(kind, OpKind::MigrateRange | OpKind::ToSystem))
            .collect();
        let usual = ordered(narrow.iter().copied().chain(HOLDS).chain(with_partners(&rest)));
        let wide = ordered(OpKind::ALL.into_iter().filter(|kind| *kind != OpKind::SwapMax));
        runs.cpus = ordered(runs.cpus);
        Alphabet { runs, narrow, usual, wide }
    }
}

/// Conditions of entries that only a migration or a device makes: where nothing else leads to a function, it is
/// run by whoever meets such an entry, and so in programs with an operation that makes one.
const FIRST_MADE: [Action; 3] = [Action::PteDevice, Action::PteDeviceExclusive, Action::PteMigration];

/// The operations that make such entries.
const MAKERS: [OpKind; 3] = [OpKind::Migrate, OpKind::MigrateRange, OpKind::DeviceExclusive];

/// Who runs the functions under comparison, and which operations do so by themselves.
fn read_off(codes: &[&Code], never: &[Action]) -> (Runs, Vec<OpKind>) {
    let mut runs = Runs::default();
    let mut direct = Vec::new();
    for code in codes {
        let places = || (0..code.len() as u16).filter(|pc| code.in_subject(*pc));
        let among = |reached: &[bool]| places().any(|pc| reached[pc as usize]);
        let start = |kind| code.entry(kind, false);
        runs.kswapd |= among(&code.reachable([code.entry(OpKind::PageOut, true)], never));
        let access = code.reachable([start(OpKind::Read), start(OpKind::Write)], never);
        runs.always |= runs.kswapd || among(&access);
        for kind in OpKind::ALL {
            let reached = code.reachable([start(kind)], never);
            if among(&reached) {
                runs.cpus.push(kind);
            }
            // What plain loads and stores run as well is left to these.
            let plain = matches!(kind, OpKind::Read | OpKind::Write);
            if places().any(|pc| reached[pc as usize] && (plain || !access[pc as usize])) {
                direct.push(kind);
            }
        }
    }
    (runs, direct)
}

/// Operations with those that they need, and those that show what they did.
fn with_partners(kinds: &[OpKind]) -> impl Iterator<Item = OpKind> {
    use OpKind as K;
    let partners = |kind: OpKind| -> &'static [OpKind] {
        match kind {
            // A hold of the wrong page shows in what a device stores through it.
            K::GetWrite => &[K::Put, K::Dma],
            K::PinWrite => &[K::Unpin, K::Dma],
            K::Get => &[K::Put],
            K::Pin => &[K::Unpin],
            K::Put => &[K::GetWrite],
            K::Unpin => &[K::PinWrite],
            K::Dma => &[K::PinWrite, K::Unpin],
            K::Fork => &[K::ChildRead, K::ChildWrite],
            K::Exit | K::ChildRead | K::ChildWrite | K::ChildPageOut => &[K::Fork, K::ChildRead],
            K::ToSystem => &[K::Migrate],
            _ => &[],
        }
    };
    kinds
        .iter()
        .flat_map(move |kind| partners(*kind).iter().copied().chain([*kind]))
        .collect::<Vec<_>>()
        .into_iter()
}

/// In the order of [`OpKind::ALL`], each once.
fn ordered(kinds: impl IntoIterator<Item = OpKind>) -> Vec<OpKind> {
    let kinds: Vec<OpKind> = kinds.into_iter().collect();
    OpKind::ALL.into_iter().filter(|kind| kinds.contains(kind)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use impls::{Version, kernel};
    use model::Profile;

    fn letters(kinds: &[OpKind]) -> String {
        kinds.iter().map(|kind| kind.letters()).collect::<Vec<_>>().join(" ")
    }

    fn of(function: &str) -> Alphabet {
        let body = kernel::body(function, Profile::V6_0).expect("a function of the kernel");
        let base = impls::find("v3").expect("registered");
        let version = Version::new("it", "", base.provenance, vec![body.clone()]).expect("it links");
        Alphabet::of([version.code(Profile::V6_0)])
    }

    #[test]
    fn the_operations_that_run_a_function_are_read_off_the_code() {
        let collect = of("migrate_vma_collect_pmd");
        assert_eq!(letters(&collect.runs.cpus), "D DD S");
        assert!(!collect.runs.always && !collect.runs.kswapd);
        assert_eq!(letters(&collect.narrow), "R W P D F Z");
        assert_eq!(letters(&collect.usual), "R W P D I U IP UP F Z");
        let zap = of("zap_pte_range");
        assert_eq!(letters(&zap.runs.cpus), "Z K+ K-", "a fork that fails exits");
        assert_eq!(letters(&zap.narrow), "R W P F Z K+ CR CW");
        let unmap = of("try_to_unmap_one");
        assert!(unmap.runs.kswapd && unmap.runs.always);
        assert_eq!(letters(&unmap.narrow), "R W P F Z");
        assert_eq!(letters(&of("copy_present_pte").narrow), "R W P F Z K+ CR CW");
        // A fault: loads, stores, and whatever faults a page in on the way.
        let copy = of("wp_page_copy");
        assert!(copy.runs.always && copy.runs.cpus.contains(&OpKind::PinWrite));
        assert_eq!(letters(&copy.narrow), "R W P F Z");
        assert_eq!(letters(&of("exit_mm").narrow), "R W P F Z K+ K- CR");
        // Calls and nothing else.
        assert!(of("end_of_batch").runs.kswapd);
        // Entries that a migration makes.
        let wait = of("migration_entry_wait");
        assert_eq!((letters(&wait.runs.cpus).as_str(), wait.runs.always), ("D DD X", false));
        assert_eq!(letters(&of("dmirror_migrate_to_system").narrow), "R W P D S F Z");
        assert!(letters(&of("unpin_user_pages_dirty_lock").narrow).contains("UP"));
    }

    /// Every function of every release is run by something.
    #[test]
    fn no_function_is_out_of_reach() {
        for release in Profile::ALL {
            for body in kernel::functions(release) {
                let code =
                    kernel::link(release, std::slice::from_ref(body), model::Assumptions::ALL).expect("it links");
                let all = Alphabet::of([&code]);
                let runs = all.runs.kswapd || !all.runs.cpus.is_empty();
                assert!(runs, "{} of {}", body.function.name, release.name());
                assert!(all.narrow.iter().all(|k| all.usual.contains(k)), "{}", body.function.name);
            }
        }
    }
}
