//! The steps of all listings by name: what a feature calls a step, wherever it stands in a listing.

use model::{Action, Code, Pc};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// A step by name: the kernel function that it models, and the action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Step(u16);

/// What has no place in a listing, and the first named step behind it.
const INTERRUPT: u16 = 0;
const DEVICE: u16 = 1;
const LOCAL: u16 = 2;
const FOREIGN: u16 = 3;
const NAMED: u16 = 4;

/// Function and action of each named step, of all built-in versions, in order.
static NAMES: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let mut names = BTreeSet::new();
    for version in impls::registry() {
        let code = version.code(version.kernel);
        names.extend((0..code.len()).map(|pc| name(code, pc as Pc)));
    }
    names.into_iter().collect()
});

/// A number of each step that depends on its name alone.
static HASHES: LazyLock<Vec<u64>> =
    LazyLock::new(|| (0..NAMED + NAMES.len() as u16).map(|n| fnv(Step(n).to_string().as_bytes())).collect());

fn name(code: &Code, pc: Pc) -> (&'static str, &'static str) {
    (code.function(pc), code.at(pc).action.name())
}

impl Step {
    /// A CPU answers a shoot-down.
    pub const INTERRUPT: Step = Step(INTERRUPT);
    /// The swap device goes on.
    pub const DEVICE: Step = Step(DEVICE);
    /// A transition of local work alone.
    pub const LOCAL: Step = Step(LOCAL);

    /// A number that depends on the name alone.
    pub(super) fn hash(self) -> u64 {
        HASHES[self.0 as usize]
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            INTERRUPT => f.write_str("answer a shoot-down"),
            DEVICE => f.write_str("swap device"),
            LOCAL => f.write_str("local work"),
            FOREIGN => f.write_str("a step of no built-in listing"),
            n => {
                let (function, action) = NAMES[(n - NAMED) as usize];
                write!(f, "{function}/{action}")
            }
        }
    }
}

/// The names of one version's instructions.
#[derive(Clone, Debug)]
pub struct Steps(Vec<Step>);

impl Steps {
    /// Names the instructions of code.
    #[must_use]
    pub fn of(code: &Code) -> Steps {
        let step = |pc| match NAMES.binary_search(&name(code, pc)) {
            Ok(n) => Step(NAMED + n as u16),
            Err(_) => Step(FOREIGN),
        };
        Steps((0..code.len()).map(|pc| step(pc as Pc)).collect())
    }

    /// The name of an instruction.
    #[must_use]
    pub fn at(&self, pc: Pc) -> Step {
        self.0[pc as usize]
    }

    /// The steps that code can take, each with whether it has another way out than success.
    #[must_use]
    pub fn can_take(&self, code: &Code) -> BTreeSet<(Step, bool)> {
        let taken = |pc: &usize| {
            let action = code.at(*pc as Pc).action;
            !action.is_local() && !matches!(action, Action::MmapReadLock | Action::MmapWriteLock)
        };
        let steps = (0..code.len()).filter(taken);
        let both = steps.flat_map(|pc| {
            let instr = code.at(pc as Pc);
            // A flush always succeeds, whatever a listing says about failing.
            let fails = instr.alt != instr.next && !instr.action.is_flush();
            [(self.0[pc], true)].into_iter().chain(fails.then_some((self.0[pc], false)))
        });
        both.collect()
    }
}

/// Fowler, Noll and Vo's hash (FNV-1a, 64 bits): short, and the same for ever.
pub(super) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
