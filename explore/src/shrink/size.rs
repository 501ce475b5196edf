//! How large a case is: a total order in which every step of the shrinker goes down.
//!
//! Compared from the first field to the last: who and what takes part, what surrounds it, the schedule, and
//! at the end how plain the operations and their numbers are. Each is a count, so that nothing goes down for
//! ever.

use corpus::{Case, KNOBS};
use model::{ActorKind, Config, DEVICE_FRAMES, Hardware, OpKind, PAGES, Profile, Swap};

/// How large a case is. The order of the fields is the order of their weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    /// Actors.
    pub actors: usize,
    /// Operations of all actors.
    pub operations: usize,
    /// Pages that an operation works on or that start mapped.
    pub pages: usize,
    /// Hardware, kernel, swap device, initial pages.
    pub surroundings: Surroundings,
    /// Runs of the schedule, one however long: between two of them somebody else moves.
    pub runs: usize,
    /// Choices of the schedule.
    pub choices: usize,
    /// Of each operation the number of its actor, and of each actor that is no CPU one.
    pub spread: usize,
    /// Of each operation the number of its kind. The common kinds have the small numbers.
    pub kinds: usize,
    /// Of each operation, and of each page that starts mapped, its number.
    pub numbers: usize,
}

/// How far a configuration is from the plain one. The order of the fields is the order of their weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Surroundings {
    /// Whether the CPU breaks the contract, in how many rules it differs from the one that is perfect, its
    /// number.
    pub hardware: (bool, usize, usize),
    /// Knobs that differ from what the kernel gives.
    pub knobs: usize,
    /// Whether the kernel is another one than 6.0. Of the others none is simpler.
    pub kernel: usize,
    /// The swap device: one that completes at once first.
    pub swap: usize,
    /// Pages that start mapped, each once for being shared and once for being part of a large folio.
    pub mapped: u32,
    /// Device frames missing.
    pub frames: usize,
}

impl Size {
    /// The size of a case.
    #[must_use]
    pub fn of(case: &Case) -> Size {
        let p = &case.programs;
        let actors = p.actors as usize;
        let ops = || (0..actors).flat_map(|a| p.of(a).iter().map(move |op| (a, *op)));
        let every_page = (1 << PAGES) - 1;
        let ranges = ops().any(|(_, op)| matches!(op.kind, OpKind::MigrateRange | OpKind::Reclaim));
        let mapped = case.config.shared | case.config.large;
        let pages = p.pages() | mapped | if ranges { every_page } else { 0 };
        let runs = case.schedule.runs();
        Size {
            actors,
            operations: p.total(),
            pages: pages.count_ones() as usize,
            surroundings: Surroundings::of(&case.config),
            runs: runs.len().min(1) + runs.windows(2).filter(|w| w[0].who != w[1].who).count(),
            choices: case.schedule.len(),
            spread: ops().map(|(a, _)| a).sum::<usize>()
                + p.kinds[..actors].iter().filter(|k| **k != ActorKind::Cpu).count(),
            kinds: ops().map(|(_, op)| op.kind as usize).sum(),
            numbers: ops().map(|(_, op)| op.arg as usize).sum::<usize>()
                + (0..PAGES).filter(|page| mapped & 1 << page != 0).sum::<usize>(),
        }
    }

    /// Whether none of the counts that a reader sees is larger than another size's.
    #[must_use]
    pub fn fits(&self, other: &Size) -> bool {
        let counts = |s: &Size| [s.actors, s.operations, s.pages, s.runs, s.choices];
        counts(self).iter().zip(counts(other)).all(|(mine, theirs)| *mine <= theirs)
    }
}

impl Surroundings {
    /// How far a configuration is from the plain one.
    #[must_use]
    pub fn of(config: &Config) -> Surroundings {
        let release = config.profile.knobs();
        Surroundings {
            hardware: rank(config.hardware),
            knobs: KNOBS.iter().filter(|k| k.get(&config.knobs) != k.get(&release)).count(),
            kernel: usize::from(config.profile != Profile::default()),
            swap: match config.swap {
                Swap::NullBlk => 0,
                Swap::Disk => 1,
                Swap::RamDisk => 2,
            },
            mapped: config.shared.count_ones() + config.large.count_ones(),
            frames: DEVICE_FRAMES - (config.device_frames as usize).min(DEVICE_FRAMES),
        }
    }
}

/// The simplest CPU is the one that the kernel relies on, then those that keep the contract all the same,
/// each time the one that differs in the fewest rules first.
fn rank(hardware: Hardware) -> (bool, usize, usize) {
    let rules = |h: Hardware| {
        let m = h.mode();
        [
            m.sets_dirty,
            m.clean_hit_walks,
            m.dirty_first,
            m.rechecks_present,
            m.rechecks_write,
            m.atomic,
            m.flush_waits_for_access,
        ]
    };
    let differing =
        rules(hardware).iter().zip(rules(Hardware::Hw0)).filter(|(mine, plain)| **mine != *plain).count();
    let keeps = Config { hardware, ..Config::default() }.keeps_contract();
    (!keeps, differing, Hardware::ALL.iter().position(|h| *h == hardware).unwrap_or(Hardware::ALL.len()))
}

/// The CPUs that are simpler than one, the simplest first.
pub(super) fn simpler_hardware(than: Hardware) -> Vec<Hardware> {
    let mut simpler: Vec<_> = Hardware::ALL.into_iter().filter(|h| rank(*h) < rank(than)).collect();
    simpler.sort_by_key(|h| rank(*h));
    simpler
}
