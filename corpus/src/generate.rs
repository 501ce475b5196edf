//! Random cases from an empty corpus.
//!
//! A generator that knows the domain finds the easy losses long before coverage guidance does. Each case
//! draws a [`Shape`] first: how many actors and pages, which operations exist at all and how often (swarm
//! testing, Groce et al., ISSTA 2012). Operations then follow each other as in the recorded sequences: a
//! page-out is mostly followed by an access, a discard by a rewrite, and a migration mostly ends the program,
//! because a store after it hides what the drain would show.

use crate::{Case, Schedule};
use model::{ActorKind, Config, DEVICE_FRAMES, Hardware, Op, OpKind, Profile, Programs, Swap, SwapIn};
use rand::{Rng, RngExt};

/// What a generated case may contain.
#[derive(Clone, Debug)]
pub struct Shape {
    /// At most this many actors.
    pub actors: usize,
    /// At most this many pages.
    pub pages: usize,
    /// At most this many operations per actor.
    pub ops: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Shape { actors: 3, pages: 2, ops: 8 }
    }
}

/// Draws a case without a schedule: a sampler chooses while it runs.
pub fn generate<R: Rng + ?Sized>(rng: &mut R, shape: &Shape) -> Case {
    let mut case = Case { config: config(rng), ..Case::default() };
    let actors = 1 + (0..shape.actors.saturating_sub(1)).filter(|_| rng.random_ratio(1, 2)).count();
    let mut pages = 1 + (0..shape.pages.saturating_sub(1)).filter(|_| rng.random_ratio(1, 5)).count();
    if case.config.large != 0 {
        // A large folio matters to what was collected before it: give it a neighbour, and collect both
        // (split-window).
        pages = shape.pages.clamp(1, 2);
    }
    let programs = &mut case.programs;
    programs.actors = actors as u8;
    let mut swarm = Swarm::draw(rng);
    swarm.range = case.config.large != 0 && pages > 1;
    // A store ends the sharing that a case begins with.
    swarm.calm = case.config.shared != 0 && rng.random_ratio(1, 2);
    swarm.dontneed |= swarm.calm;
    if actors > 1 && rng.random_ratio(1, 4) {
        programs.kinds[actors - 1] = ActorKind::Kswapd;
    } else if actors > 1 && swarm.io && rng.random_ratio(2, 3) {
        programs.kinds[actors - 1] = ActorKind::Dma;
    }
    for actor in 0..actors {
        program(rng, programs, actor, pages, shape.ops, &swarm);
    }
    case.schedule = Schedule::default();
    case
}

/// Mostly perfect dirty tracking; now and then a CPU that differs and keeps the contract all the same
/// ([`Config::keeps_contract`]).
fn config<R: Rng + ?Sized>(rng: &mut R) -> Config {
    let profile =
        if rng.random_ratio(1, 2) { Profile::V6_0 } else { Profile::ALL[rng.random_range(0..Profile::ALL.len())] };
    let mut config = Config::of(profile);
    if rng.random_ratio(1, 12) {
        use Hardware as H;
        let modes = [H::SoftwareDirty, H::StrayDirty, H::NoWriteRecheck, H::LateStore];
        config.hardware = modes[rng.random_range(0..modes.len())];
        config.knobs.double_flush = config.hardware == H::LateStore;
    }
    if rng.random_ratio(1, 16) {
        config.large = 1 << rng.random_range(0..2);
    }
    config.swap = match rng.random_range(0..6) {
        0 => Swap::Disk,
        1 => Swap::RamDisk,
        _ => Swap::NullBlk,
    };
    if rng.random_ratio(1, 3) {
        config.knobs.swap_in = SwapIn::WritableClean;
    }
    if rng.random_ratio(1, if config.large == 0 { 5 } else { 2 }) {
        config.shared = 1;
    }
    if rng.random_ratio(1, 16) {
        config.device_frames = rng.random_range(0..DEVICE_FRAMES as u8);
    }
    config
}

/// Which of the rarer operations exist in this case.
struct Swarm {
    refs: bool,
    pins: bool,
    free: bool,
    dontneed: bool,
    fork: bool,
    io: bool,
    protect: bool,
    device: bool,
    rare: bool,
    /// Migrations are mostly of the whole range.
    range: bool,
    /// Stores are rare.
    calm: bool,
}

impl Swarm {
    fn draw<R: Rng + ?Sized>(rng: &mut R) -> Swarm {
        Swarm {
            refs: rng.random_ratio(1, 5),
            pins: rng.random_ratio(1, 6),
            free: rng.random_ratio(1, 2),
            dontneed: rng.random_ratio(1, 3),
            fork: rng.random_ratio(1, 5),
            io: rng.random_ratio(1, 10),
            protect: rng.random_ratio(1, 10),
            device: rng.random_ratio(1, 10),
            rare: rng.random_ratio(1, 8),
            range: false,
            calm: false,
        }
    }
}

fn program<R: Rng + ?Sized>(
    rng: &mut R,
    programs: &mut Programs,
    actor: usize,
    pages: usize,
    max: usize,
    swarm: &Swarm,
) {
    let kind_of_actor = programs.kinds[actor];
    let n = if actor == 0 {
        rng.random_range(2..=max)
    } else {
        // Short programs beside the first: every further operation is one more chance to hide what the others
        // did.
        rng.random_range(1..=max).min(rng.random_range(1..=max.div_ceil(2)))
    };
    let mut last = None;
    let mut page = rng.random_range(0..pages) as u8;
    for _ in 0..n {
        if pages > 1 && rng.random_ratio(1, 4) {
            page = rng.random_range(0..pages) as u8;
        }
        let kind = match kind_of_actor {
            ActorKind::Kswapd if rng.random_ratio(1, 8) => OpKind::Reclaim,
            ActorKind::Kswapd => OpKind::PageOut,
            ActorKind::Dma => OpKind::Dma,
            ActorKind::Cpu => match next(rng, last, actor == 0, swarm) {
                OpKind::Write if swarm.calm && rng.random_ratio(3, 4) => OpKind::Read,
                OpKind::Migrate if swarm.range && rng.random_ratio(3, 4) => OpKind::MigrateRange,
                kind => kind,
            },
        };
        last = Some(kind);
        let arg = match kind {
            OpKind::SwapMax => rng.random_range(0..3),
            kind if !kind.one_page() => 0,
            _ => page,
        };
        programs.push(actor, Op::new(kind, arg));
        if kind.migrates_to_device() && rng.random_ratio(1, 2) {
            break;
        }
    }
}

fn next<R: Rng + ?Sized>(rng: &mut R, last: Option<OpKind>, first_actor: bool, swarm: &Swarm) -> OpKind {
    use OpKind as K;
    if swarm.rare && rng.random_ratio(1, 8) {
        return [K::MigrateRange, K::ToSystem, K::Reclaim, K::SwapMax][rng.random_range(0..4)];
    }
    // The first actor forks, the others mostly are the child's threads.
    if swarm.fork && rng.random_ratio(1, if first_actor { 5 } else { 2 }) {
        let table: &[K] = if first_actor {
            &[K::Fork, K::Fork, K::Fork, K::ChildRead, K::ChildWrite, K::Exit]
        } else {
            &[K::ChildRead, K::ChildRead, K::ChildWrite, K::ChildWrite, K::ChildPageOut, K::Exit]
        };
        return table[rng.random_range(0..table.len())];
    }
    if swarm.io && rng.random_ratio(1, 4) {
        return [K::GetWrite, K::PinWrite, K::PinWrite, K::Dma, K::Dma, K::Put, K::Unpin][rng.random_range(0..7)];
    }
    if swarm.protect && rng.random_ratio(1, 5) {
        return if rng.random_ratio(4, 5) { K::Protect } else { K::Lock };
    }
    if swarm.device && rng.random_ratio(1, 4) {
        return [K::DeviceRead, K::DeviceWrite, K::DeviceWrite, K::DeviceExclusive][rng.random_range(0..4)];
    }
    if swarm.refs && rng.random_ratio(1, 8) {
        return if rng.random_ratio(3, 4) { K::Get } else { K::Put };
    }
    if swarm.pins && rng.random_ratio(1, 6) {
        return if rng.random_ratio(3, 4) { K::Pin } else { K::Unpin };
    }
    let table: &[(K, u32)] = match last {
        // A second actor more often brings the migration or the discard than the first store.
        None if first_actor => &[(K::Write, 6), (K::Read, 1)],
        None => &[(K::Write, 2), (K::Read, 2), (K::Migrate, 8), (K::DontNeed, 2), (K::Free, 1), (K::PageOut, 1)],
        Some(K::Write) => {
            &[(K::Migrate, 4), (K::PageOut, 3), (K::Free, 4), (K::Read, 1), (K::Write, 1), (K::DontNeed, 1)]
        }
        Some(K::PageOut | K::Reclaim) => &[(K::Read, 6), (K::Write, 2), (K::Free, 1)],
        Some(K::Read) => &[(K::Write, 6), (K::Migrate, 2), (K::PageOut, 1), (K::DontNeed, 1), (K::Read, 1)],
        Some(K::Free) => &[(K::Write, 8), (K::Migrate, 1), (K::Read, 1)],
        Some(K::DontNeed) => &[(K::Read, 3), (K::Write, 3)],
        Some(K::Migrate | K::MigrateRange) => &[(K::PageOut, 4), (K::Read, 3), (K::ToSystem, 1), (K::Write, 1)],
        Some(_) => &[(K::Write, 4), (K::Read, 2), (K::Migrate, 3), (K::PageOut, 1)],
    };
    loop {
        let total: u32 = table.iter().map(|(_, w)| w).sum();
        let mut at = rng.random_range(0..total);
        let kind = table
            .iter()
            .find(|(_, w)| {
                let hit = at < *w;
                at = at.wrapping_sub(*w);
                hit
            })
            .map_or(K::Write, |(k, _)| *k);
        let off = (kind == K::Free && !swarm.free) || (kind == K::DontNeed && !swarm.dontneed);
        if !off {
            return kind;
        }
    }
}
