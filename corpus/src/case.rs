//! A case: initial machine, programs, schedule.

use crate::place::Segment;
use arrayvec::ArrayVec;
use model::{ActorKind, Config, DEVICE_FRAMES, Op, OpKind, PAGES, Programs, Transition};

/// The most runs in a schedule.
pub const MAX_RUNS: usize = 256;
/// The longest run; a longer one is several.
pub const MAX_RUN: u8 = 64;

/// The same choice several times in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// What should move. If it cannot, the next enabled transition in cyclic order moves instead.
    pub who: Transition,
    /// How often, 1 to [`MAX_RUN`].
    pub times: u8,
}

/// Which transition moves next, until the programs are drained: counted in steps, or by
/// [place](Schedule::by_place).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Schedule {
    pub(crate) runs: ArrayVec<Run, MAX_RUNS>,
    /// A schedule by place has these and no runs.
    pub(crate) segments: Box<[Segment]>,
}

impl Schedule {
    /// The runs. Neighbours differ in who moves, unless the first is as long as a run can be.
    ///
    /// # Panics
    /// If the schedule is by place: what its runs are depends on the version, and has to be worked out first.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        assert!(!self.is_by_place(), "a schedule by place has no runs until it is resolved on a version");
        &self.runs
    }

    /// Who runs until where, of a schedule by place; of any other one nothing.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether it is by place.
    #[must_use]
    pub fn is_by_place(&self) -> bool {
        !self.segments.is_empty()
    }

    /// Appends choices to a schedule of runs; what does not fit is dropped. False if anything was.
    pub fn push(&mut self, who: Transition, times: usize) -> bool {
        let mut left = times;
        if let Some(last) = self.runs.last_mut()
            && last.who == who
        {
            let more = left.min((MAX_RUN - last.times) as usize);
            last.times += more as u8;
            left -= more;
        }
        while left > 0 {
            let times = left.min(MAX_RUN as usize);
            if self.runs.try_push(Run { who, times: times as u8 }).is_err() {
                return false;
            }
            left -= times;
        }
        true
    }

    /// A schedule of these runs, merged into the canonical form.
    pub fn from_runs(runs: impl IntoIterator<Item = Run>) -> Schedule {
        let mut schedule = Schedule::default();
        for run in runs {
            schedule.push(run.who, run.times as usize);
        }
        schedule
    }

    /// How many choices there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.runs().iter().map(|r| r.times as usize).sum()
    }

    /// Whether there is no choice at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.segments.is_empty()
    }

    /// The choices one by one.
    pub fn choices(&self) -> impl Iterator<Item = Transition> + '_ {
        self.runs().iter().flat_map(|r| std::iter::repeat_n(r.who, r.times as usize))
    }
}

/// A test case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Case {
    /// The machine around the programs.
    pub config: Config,
    /// What each actor does.
    pub programs: Programs,
    /// Who moves when. Afterwards the case is drained: the actors finish one after the other, all TLBs are
    /// flushed, every page is reclaimed and read back.
    pub schedule: Schedule,
}

impl Case {
    /// Makes a decoded or mutated case valid: at least one actor, the first one a CPU, actors that are no
    /// CPUs behind the CPUs and of a kind each, every operation one that its actor can do, arguments and
    /// schedule entries name what exists.
    pub fn repair(&mut self) {
        let p = &mut self.programs;
        p.actors = p.actors.clamp(1, model::ACTORS as u8);
        // kswapd comes after the CPUs, a DMA device after kswapd.
        let last = p.actors as usize - 1;
        for actor in 0..=last {
            let fits = match last - actor {
                0 => true,
                1 => p.kinds[last] == ActorKind::Dma && p.kinds[actor] == ActorKind::Kswapd,
                _ => false,
            };
            if !fits || actor == 0 {
                p.kinds[actor] = ActorKind::Cpu;
            }
        }
        for actor in 0..model::ACTORS {
            if actor >= p.actors as usize {
                p.kinds[actor] = ActorKind::Cpu;
                p.len[actor] = 0;
            }
            let kind = p.kinds[actor];
            for (n, op) in p.ops[actor].iter_mut().enumerate() {
                if n >= p.len[actor] as usize {
                    *op = Op::default();
                    continue;
                }
                if !op.kind.allowed_for(kind) {
                    op.kind = if kind == ActorKind::Dma { OpKind::Dma } else { OpKind::PageOut };
                }
                op.arg %= op.kind.max_arg() + 1;
                if !op.kind.one_page() && op.kind != OpKind::SwapMax {
                    op.arg = 0;
                }
            }
        }
        self.config.shared &= (1 << PAGES) - 1;
        self.config.large &= (1 << PAGES) - 1;
        self.config.device_frames = self.config.device_frames.min(DEVICE_FRAMES as u8);
        let actors = p.actors;
        let in_range = |t: Transition| match (t.actor(), t.cpu()) {
            (Some(a), _) => a < actors as usize,
            (_, Some(c)) => c < actors as usize,
            _ => true,
        };
        let wrap = |t: Transition| match (t.actor(), t.cpu()) {
            (Some(a), _) => Transition::run(a % actors as usize),
            (_, Some(c)) => Transition::interrupt(c % actors as usize),
            _ => t,
        };
        for segment in &mut self.schedule.segments {
            segment.who = wrap(segment.who);
        }
        if self.schedule.runs.iter().any(|r| !in_range(r.who)) {
            let runs: ArrayVec<Run, MAX_RUNS> =
                self.schedule.runs.iter().map(|r| Run { who: wrap(r.who), times: r.times }).collect();
            self.schedule = Schedule::from_runs(runs);
        }
    }

    /// A sequential case: one CPU, no schedule.
    #[must_use]
    pub fn sequential(config: Config, ops: &[Op]) -> Case {
        let mut case = Case { config, ..Case::default() };
        for op in ops {
            case.programs.push(0, *op);
        }
        case
    }

    /// Whether only one actor does anything.
    #[must_use]
    pub fn is_sequential(&self) -> bool {
        (1..self.programs.actors as usize).all(|a| self.programs.len[a] == 0)
    }
}
