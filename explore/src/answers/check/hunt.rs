//! Random executions of programs that run the version's functions.

use super::{Flagged, Run, Stage, rank};
use crate::answers::losses::{Loss, losses};
use crate::schedulers::{Recorder, SamplerKind, rng_for};
use corpus::{Case, Shape};
use model::{ActorKind, OpKind};
use oracle::guard::{guarded, quietly};
use oracle::{Judges, execute, trace};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use std::time::Instant;

/// Executions between two looks at the clock.
const BATCH: u64 = 2048;
/// Executions of a batch that are looked at closely: most speak of the same.
const CLOSELY: usize = 4;

impl Run<'_> {
    /// Draws executions until one shows something that counts, or the time is up.
    pub(super) fn hunt(&mut self) {
        while Instant::now() < self.end && !self.stopped() && self.checked.flagged.is_none() {
            let from = self.checked.executions;
            let speaks: Vec<u64> = (from..from + BATCH)
                .into_par_iter()
                .filter(|index| quietly(|| self.draw(*index).is_some()))
                .collect();
            self.checked.executions += BATCH;
            self.checked.flagged =
                speaks.into_iter().take(CLOSELY).find_map(|index| quietly(|| self.look_closely(index)));
            self.tell(Stage::Hunt);
        }
    }

    /// The case of a numbered execution, without its schedule, and what draws that.
    fn numbered(&self, index: u64) -> (Case, Recorder) {
        let mut rng = rng_for(self.options.seed, index);
        let case = self.refitted(corpus::generate(&mut rng, &Shape::default()), &mut rng);
        let kind = if case.is_sequential() { SamplerKind::RandomWalk } else { SamplerKind::draw(&mut rng) };
        (case, Recorder::new(kind, rng))
    }

    /// The case with its schedule, if some judge says something of the version.
    fn draw(&self, index: u64) -> Option<Case> {
        let (mut case, mut recorder) = self.numbered(index);
        if !case.config.keeps_contract() || !self.checked.alphabet.runs.in_some(&case.programs) {
            return None;
        }
        let mut judges = Judges::default();
        let run = |recorder: &mut Recorder, judges: &mut Judges| {
            guarded(|| execute(self.options.version, &case.config, &case.programs, recorder, judges)).is_none()
        };
        let impossible = run(&mut recorder, &mut judges);
        if judges.is_silent() && !impossible {
            return None;
        }
        recorder.restart(true);
        run(&mut recorder, &mut Judges::default());
        case.schedule = recorder.schedule().clone();
        Some(case)
    }

    /// Operations that have nothing to do with the version's functions give way to others that have.
    fn refitted(&self, mut case: Case, rng: &mut Xoshiro256PlusPlus) -> Case {
        let all = &self.checked.alphabet;
        let programs = &mut case.programs;
        for actor in 0..programs.actors as usize {
            if programs.kinds[actor] != ActorKind::Cpu {
                continue;
            }
            for at in 0..programs.len[actor] as usize {
                let op = &mut programs.ops[actor][at];
                if !all.usual.contains(&op.kind) || rng.random_ratio(1, 8) {
                    let letters = if rng.random_ratio(1, 8) { &all.wide } else { &all.narrow };
                    op.kind = letters[rng.random_range(0..letters.len())];
                    if !op.kind.one_page() {
                        op.arg = 0;
                    }
                }
                if op.kind == OpKind::SwapMax {
                    op.kind = OpKind::Read;
                    op.arg = 0;
                }
            }
        }
        case.repair();
        self.environment.of(&case)
    }

    /// Whether an execution shows something that counts: the shortest of it.
    fn look_closely(&self, index: u64) -> Option<Flagged> {
        let case = self.draw(index)?;
        let judge = trace(self.options.version, &case).finding?.judge();
        let theirs = trace(self.options.released, &case).judges.of(judge);
        if theirs.is_some() && (self.options.against_base || !self.is_at_fault(&case, judge)) {
            return None;
        }
        let case = self.shrunk(&case, judge)?;
        let shown = trace(self.options.version, &case).judges.of(judge)?;
        let all = losses(self.options.version, &case, self.options.budget)
            .map_or_else(|_| [Loss::of(&shown)].into(), |l| l.losses);
        let (loss, released_too) = self.news(&case, all)?;
        // Of a program with a finding, the one that was drawn may not be the gravest.
        let (case, judge) = if rank(&loss) < rank(&Loss::of(&shown)) || Loss::of(&shown) != loss {
            self.shortest(&case, &loss)?
        } else {
            (case, judge)
        };
        Some(Flagged { case, loss, judge, released_too, stage: Stage::Hunt })
    }
}
